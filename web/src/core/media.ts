// Pictures and clips on their way in: checked here first, then sent.

import { signal } from "@preact/signals";
import { bytes, number, t } from "./speech";
import type { MediaLimits } from "./schema";
import { draw, isOurs, local, upload, WireError } from "./wire";

export type Kind = "image" | "video";

export type Role = "" | "first_frame" | "last_frame" | "reference";

export interface Entry {
  id: string;
  kind: Kind;
  name: string;
  state: "checking" | "sending" | "ready" | "refused";
  /** From 0 to 1 while sending. */
  sent: number;
  /** What the request will say. */
  url: string;
  /** What the page can show; empty for what lies on another server. */
  preview: string;
  fault: string;
  facts: string;
  role: Role;
  file: File | null;
}

export const images = signal<Entry[]>([]);
export const videos = signal<Entry[]>([]);

const stops = new Map<string, AbortController>();
const EXTENSIONS: Record<string, [Kind, string]> = {
  jpg: ["image", "jpg"],
  jpeg: ["image", "jpg"],
  png: ["image", "png"],
  webp: ["image", "webp"],
  mp4: ["video", "mp4"],
  m4v: ["video", "mp4"],
  mov: ["video", "mov"],
  webm: ["video", "webm"],
};

const listOf = (kind: Kind) => (kind === "image" ? images : videos);

function change(kind: Kind, id: string, news: Partial<Entry>): void {
  const list = listOf(kind);
  list.value = list.value.map((entry) => (entry.id === id ? { ...entry, ...news } : entry));
}

/** What a file is, by its name and type; null for what is neither picture nor clip. */
export function kindOf(file: File): [Kind, string] | null {
  const extension = /\.([A-Za-z0-9]+)$/.exec(file.name)?.[1]?.toLowerCase() ?? "";
  const subtype = file.type.split("/")[1] ?? "";
  return EXTENSIONS[extension] ?? EXTENSIONS[subtype === "quicktime" ? "mov" : subtype] ?? null;
}

function begin(kind: Kind, name: string, news: Partial<Entry>): Entry {
  const entry: Entry = {
    id: draw(),
    kind,
    name,
    state: "checking",
    sent: 0,
    url: "",
    preview: "",
    fault: "",
    facts: "",
    role: "",
    file: null,
    ...news,
  };
  const list = listOf(kind);
  // There is one source video: another one takes its place.
  if (kind === "video") for (const old of list.value) remove(old);
  list.value = [...list.value, entry];
  return entry;
}

/** Take files in, those that are neither pictures nor clips excepted: what to say of these. */
export function add(files: Iterable<File>, limits: Promise<Record<Kind, MediaLimits>>, most: number): string {
  const refused: string[] = [];
  for (const file of files) {
    const kind = kindOf(file);
    if (!kind) refused.push(t("media.notMedia", { name: file.name || file.type }));
    else if (kind[0] === "image" && images.value.length >= most) refused.push(t("media.tooMany", { n: most }));
    else void take(file, kind[0], limits);
  }
  return [...new Set(refused)].join(" ");
}

/** Take a link instead of a file; the server fetches it when it works. */
export function addLink(kind: Kind, url: string): void {
  const name = nameIn(url);
  const preview = isOurs(url) ? local(url) : "";
  begin(kind, name, { state: "ready", url, preview, facts: preview ? "" : t("media.linked", { host: new URL(url).host }) });
}

function nameIn(url: string): string {
  const last = new URL(url, location.href).pathname.split("/").pop() || url;
  try {
    return decodeURIComponent(last);
  } catch {
    return last;
  }
}

export function remove(entry: Entry): void {
  stops.get(entry.id)?.abort();
  stops.delete(entry.id);
  if (entry.preview.startsWith("blob:")) URL.revokeObjectURL(entry.preview);
  const list = listOf(entry.kind);
  list.value = list.value.filter((other) => other.id !== entry.id);
}

export function clear(): void {
  for (const entry of [...images.value, ...videos.value]) remove(entry);
}

export function setRole(entry: Entry, role: Role): void {
  change(entry.kind, entry.id, { role });
}

/** Move a picture one place; places are what the prompt refers to. */
export function move(entry: Entry, by: -1 | 1): void {
  const list = [...images.value];
  const from = list.findIndex((other) => other.id === entry.id);
  const to = from + by;
  const other = list[to];
  if (from < 0 || !other) return;
  list[to] = entry;
  list[from] = other;
  images.value = list;
}

async function take(file: File, kind: Kind, known: Promise<Record<Kind, MediaLimits>>): Promise<void> {
  const preview = URL.createObjectURL(file);
  const entry = begin(kind, file.name || t(kind === "image" ? "media.pasted" : "media.clip"), { preview, file });
  const limits = (await known)[kind];
  const size = sizeFault(file, limits);
  const measured = size ? null : await (kind === "image" ? measureImage(preview) : measureVideo(preview));
  const fault = size || (measured ? shapeFault(measured, limits) : "");
  const facts = [bytes(file.size), ...(measured ? shown(measured) : [])].join(" · ");
  if (fault) change(kind, entry.id, { state: "refused", fault, facts });
  else await send({ ...entry, facts });
}

/** Send, or after a failure send again. */
export async function send(entry: Entry): Promise<void> {
  if (!entry.file) return;
  const stop = new AbortController();
  stops.set(entry.id, stop);
  change(entry.kind, entry.id, { state: "sending", sent: 0, fault: "", facts: entry.facts });
  try {
    const tell = (sent: number) => change(entry.kind, entry.id, { sent });
    const named = entry.file.name ? entry.file : new File([entry.file], `${entry.kind}.${kindOf(entry.file)?.[1] ?? "bin"}`);
    const file = await upload(named, tell, stop.signal);
    change(entry.kind, entry.id, { state: "ready", sent: 1, url: file.url });
  } catch (error) {
    const detail = error instanceof WireError ? error.detail : "";
    change(entry.kind, entry.id, { state: "refused", fault: detail || t("error.away") });
  } finally {
    stops.delete(entry.id);
  }
}

interface Measured {
  width: number;
  height: number;
  seconds?: number;
}

function shown({ width, height, seconds }: Measured): string[] {
  return [`${width}×${height}`, ...(seconds === undefined ? [] : [t("unit.s", { n: number(seconds, 2) })])];
}

function measureImage(address: string): Promise<Measured | null> {
  return new Promise((resolve) => {
    const image = new Image();
    image.onload = () => resolve({ width: image.naturalWidth, height: image.naturalHeight });
    image.onerror = () => resolve({ width: 0, height: 0 });
    image.src = address;
  });
}

/** Null for what this browser cannot play; the server may still read it. */
function measureVideo(address: string): Promise<Measured | null> {
  return new Promise((resolve) => {
    const video = document.createElement("video");
    const timer = setTimeout(() => resolve(null), 10_000);
    const done = (measured: Measured | null) => {
      clearTimeout(timer);
      resolve(measured);
    };
    video.preload = "metadata";
    video.muted = true;
    video.onloadedmetadata = () => {
      const seconds = Number.isFinite(video.duration) ? { seconds: video.duration } : {};
      done(video.videoWidth ? { width: video.videoWidth, height: video.videoHeight, ...seconds } : null);
    };
    video.onerror = () => done(null);
    video.src = address;
  });
}

function sizeFault(file: File, limits: MediaLimits): string {
  if (limits.bytes !== undefined && file.size > limits.bytes)
    return t("media.tooLarge", { size: bytes(file.size), most: bytes(limits.bytes) });
  return file.size ? "" : t("media.empty");
}

function shapeFault({ width, height, seconds }: Measured, limits: MediaLimits): string {
  if (!width || !height) return t("media.unreadable");
  const short = Math.min(width, height);
  const long = Math.max(width, height);
  const size = `${width}×${height}`;
  if (short < (limits.min_side ?? 0)) return t("media.tooSmall", { size, least: limits.min_side ?? 0 });
  if (long > (limits.max_side ?? Infinity)) return t("media.tooBig", { size, most: limits.max_side ?? 0 });
  if (long / short > (limits.max_shape ?? Infinity)) return t("media.tooLong", { size, most: limits.max_shape ?? 0 });
  if (seconds === undefined) return "";
  if (seconds < (limits.min_seconds ?? 0) - 0.001 || seconds > (limits.max_seconds ?? Infinity) + 0.001)
    return t("media.wrongLength", {
      seconds: number(seconds, 2),
      least: limits.min_seconds ?? 0,
      most: limits.max_seconds ?? 0,
    });
  return "";
}
