// Where in the page somebody is, kept behind the address's #.

import { signal } from "@preact/signals";

export type Screen = "create" | "gallery" | "code" | "webhooks" | "status" | "task";

export interface Route {
  screen: Screen;
  id: string;
}

const SCREENS: readonly string[] = ["gallery", "code", "webhooks", "status"];

function read(): Route {
  const [name = "", id = ""] = location.hash.replace(/^#\/?/, "").split("/");
  if (name === "task" && id) return { screen: "task", id: decodeURIComponent(id) };
  return SCREENS.includes(name) ? { screen: name as Screen, id: decodeURIComponent(id) } : { screen: "create", id: "" };
}

export const route = signal<Route>(read());

addEventListener("hashchange", () => {
  route.value = read();
});

export function href(screen: Screen, id = ""): string {
  if (screen === "create") return "#/";
  return id ? `#/${screen}/${encodeURIComponent(id)}` : `#/${screen}`;
}

export function go(screen: Screen, id = ""): void {
  location.hash = href(screen, id);
}
