// Light or dark: as the system has it, until somebody says otherwise.

import { effect, signal } from "@preact/signals";

export type Look = "auto" | "light" | "dark";

const NAME = "omnireel-look";
const stored = localStorage.getItem(NAME);

export const look = signal<Look>(stored === "light" || stored === "dark" ? stored : "auto");

export function choose(chosen: Look): void {
  if (chosen === "auto") localStorage.removeItem(NAME);
  else localStorage.setItem(NAME, chosen);
  look.value = chosen;
}

effect(() => {
  if (look.value === "auto") delete document.documentElement.dataset["look"];
  else document.documentElement.dataset["look"] = look.value;
});
