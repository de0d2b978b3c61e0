// Which language the page speaks, and how it says numbers and times.

import { computed, signal } from "@preact/signals";
import { en, type Message, type Messages } from "./messages.en";
import { zh } from "./messages.zh";

export type Language = "en" | "zh";

const NAME = "omnireel-language";
const TABLES: Record<Language, Messages> = { en, zh };

function first(): Language {
  const chosen = localStorage.getItem(NAME);
  if (chosen === "en" || chosen === "zh") return chosen;
  return navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
}

export const language = signal<Language>(first());

export function speak(chosen: Language): void {
  localStorage.setItem(NAME, chosen);
  language.value = chosen;
}

/** A message in the page's language, its `{names}` filled in. */
export function t(message: Message, values: Record<string, string | number> = {}): string {
  return TABLES[language.value][message].replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** The message by a name made at run time, or what to say when there is none. */
export function known(name: string, otherwise: string): string {
  return name in en ? t(name as Message) : otherwise;
}

const locale = computed(() => (language.value === "zh" ? "zh-CN" : "en-GB"));

export function number(value: number, digits = 0): string {
  return value.toLocaleString(locale.value, { maximumFractionDigits: digits });
}

export function bytes(count: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let power = 0;
  let left = count;
  while (left >= 1024 && power < units.length - 1) {
    left /= 1024;
    power += 1;
  }
  return `${number(left, left < 10 && power > 0 ? 1 : 0)} ${units[power]}`;
}

/** `42 s`, `3 min 5 s`, `2 h 10 min`. */
export function span(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return t("unit.s", { n: whole });
  if (whole < 3600) {
    const rest = whole % 60;
    const minutes = t("unit.min", { n: Math.floor(whole / 60) });
    return rest ? `${minutes} ${t("unit.s", { n: rest })}` : minutes;
  }
  const rest = Math.floor((whole % 3600) / 60);
  const hours = t("unit.h", { n: Math.floor(whole / 3600) });
  return rest ? `${hours} ${t("unit.min", { n: rest })}` : hours;
}

export function moment(stamp: string): string {
  return new Date(stamp).toLocaleString(locale.value, { dateStyle: "medium", timeStyle: "medium" });
}

/** `5 min ago`, coarse. */
export function ago(stamp: string): string {
  const seconds = (Date.now() - new Date(stamp).getTime()) / 1000;
  const relative = new Intl.RelativeTimeFormat(locale.value, { numeric: "auto", style: "short" });
  if (seconds < 60) return t("time.now");
  if (seconds < 3600) return relative.format(-Math.floor(seconds / 60), "minute");
  if (seconds < 86_400) return relative.format(-Math.floor(seconds / 3600), "hour");
  return relative.format(-Math.floor(seconds / 86_400), "day");
}
