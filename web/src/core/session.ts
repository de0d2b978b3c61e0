// Who is asking: the key, kept for this tab or, when asked to, in this browser.

import { signal } from "@preact/signals";

const NAME = "omnireel-key";

function stored(): [string, boolean] {
  const lasting = localStorage.getItem(NAME);
  return lasting === null ? [sessionStorage.getItem(NAME) ?? "", false] : [lasting, true];
}

const [found, lasting] = stored();

export const key = signal(found);
/** Whether the key stays when the tab is closed. */
export const remembered = signal(lasting);

/** What the server said when it did not take the key; empty while it does. */
export const refusal = signal("");

export function keep(candidate: string, lasting: boolean): void {
  forgetKey();
  (lasting ? localStorage : sessionStorage).setItem(NAME, candidate);
  key.value = candidate;
  remembered.value = lasting;
}

export function forgetKey(): void {
  localStorage.removeItem(NAME);
  sessionStorage.removeItem(NAME);
  key.value = "";
  refusal.value = "";
  remembered.value = false;
}

/** A key as it may be shown: how it begins and its last four. */
export function masked(secret: string): string {
  return secret.length > 16 ? `${secret.slice(0, 9)}${"•".repeat(12)}${secret.slice(-4)}` : "•".repeat(16);
}
