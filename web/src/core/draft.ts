// The request that is being written: its fields, and the body they make.

import { computed, effect, signal } from "@preact/signals";
import { addLink, clear, images, videos, type Entry, type Kind, type Role } from "./media";
import { fields, length, type Field, type MediaLimits, type Schema } from "./schema";
import { wire, type Asked, type Body, type Model } from "./wire";

const NAME = "omnireel-draft";
const PREFERRED = "kling/kling-video-o1";

export const models = signal<Model[]>([]);
export const slug = signal(PREFERRED);
export const schemas = signal<Record<string, Schema>>({});
/** Fields as set by hand; media apart. */
export const values = signal<Body>({});
/** What goes into headers. */
export const wishes = signal<{ priority: string; deadline: string; webhook: string }>({
  priority: "",
  deadline: "",
  webhook: "",
});

export const schema = computed<Schema | null>(() => schemas.value[slug.value] ?? null);

/** Whether the form has not had its first values yet. */
let fresh = true;

const media: string[] = ["images", "videos", "image_types"];

function mediaFields(): Body {
  const sent = (list: Entry[]) => list.filter((entry) => entry.state !== "refused");
  const pictures = sent(images.value);
  const made: Body = {};
  if (pictures.length) made["images"] = pictures.map((entry) => entry.url || "pending");
  if (pictures.some((entry) => entry.role)) made["image_types"] = pictures.map((entry) => entry.role || "reference");
  const clips = sent(videos.value);
  if (clips.length) made["videos"] = clips.map((entry) => entry.url || "pending");
  return made;
}

/** Everything somebody said, whether or not it goes together. */
const said = computed<Body>(() => {
  const set = Object.entries(values.value).filter(([, value]) => value !== undefined && value !== "" && value !== false);
  return { ...Object.fromEntries(set), ...mediaFields() };
});

/** Every field as it stands beside the others. */
export const form = computed<Field[]>(() => (schema.value ? fields(schema.value, said.value) : []));

/** The body to submit: without what may not be sent now, with what must be and can only be one thing. */
export const body = computed<Body>(() => {
  const made: Body = {};
  for (const field of form.value) {
    const value = said.value[field.name];
    const only = field.required && field.options.length === 1 ? field.options[0] : undefined;
    const chosen = value ?? only;
    if (chosen === undefined || field.closedBy) continue;
    const offered = field.kind !== "choice" || field.options.includes(chosen as string);
    if (offered) made[field.name] = chosen;
  }
  return made;
});

export const waiting = computed(() =>
  [...images.value, ...videos.value].some((entry) => entry.state === "checking" || entry.state === "sending"),
);

export const refused = computed(() => [...images.value, ...videos.value].some((entry) => entry.state === "refused"));

/** Whether the prompt has something to go by, and it is known what may be sent: without that, nothing would be. */
export const written = computed(() => {
  const prompt = String(values.value["prompt"] ?? "");
  const field = form.value.find((one) => one.name === "prompt");
  return field !== undefined && prompt.trim() !== "" && length(prompt) <= (field.most ?? Infinity);
});

export function limits(): Record<Kind, MediaLimits> {
  const found = schema.value?.properties ?? {};
  return { image: found["images"]?.["x-media-limits"] ?? {}, video: found["videos"]?.["x-media-limits"] ?? {} };
}

let tellLearned: () => void;
const learned = new Promise<void>((resolve) => (tellLearned = resolve));

/** The limits as soon as they are known: files may be chosen before the server has said what it takes. */
export async function limitsOnceKnown(): Promise<Record<Kind, MediaLimits>> {
  await learned;
  return limits();
}

export function set(name: string, value: unknown): void {
  values.value = { ...values.value, [name]: value };
}

/** Fill the form from what another task was asked for. */
export function fill(asked: Asked): void {
  clear();
  fresh = false;
  slug.value = asked.model;
  const kept = Object.entries(asked.body).filter(([name]) => !media.includes(name) && name !== "shot_type");
  values.value = Object.fromEntries(kept);
  const roles = list(asked.body["image_types"]);
  list(asked.body["images"]).forEach((url) => addLink("image", url));
  images.value = images.value.map((entry, place) => ({ ...entry, role: (roles[place] ?? "") as Role }));
  list(asked.body["videos"]).forEach((url) => addLink("video", url));
}

function list(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

/** The fields' first values: those of the model's own example, its prompt excepted. */
function example(of: Schema): Body {
  const { prompt: _, ...rest } = of.examples?.[0] ?? {};
  return rest;
}

/** Learn what can be asked for. Throws WireError. */
export async function learn(): Promise<void> {
  const found = await wire.models();
  const entries = await Promise.all(found.map(async ({ slug: name }) => [name, await wire.schema(name)] as const));
  schemas.value = Object.fromEntries(entries) as Record<string, Schema>;
  models.value = found;
  if (!schemas.value[slug.value] && found[0]) slug.value = found[0].slug;
  // Somebody may have begun to write meanwhile.
  if (fresh && schema.value) values.value = { ...example(schema.value), ...values.value };
  fresh = false;
  tellLearned();
}

export function choose(name: string): void {
  slug.value = name;
  const to = schemas.value[name];
  const duration = to ? fields(to, said.value).find((field) => field.name === "duration") : undefined;
  const now = values.value["duration"];
  const fits =
    !duration?.options.length || duration.options.includes(now as number) || now === undefined;
  if (!fits) set("duration", duration?.schema.default);
}

export function reset(): void {
  clear();
  values.value = schema.value ? example(schema.value) : {};
  wishes.value = { priority: "", deadline: "", webhook: "" };
}

// A reload loses no words; media would have to be sent again, so their links are kept with them.
function restore(): void {
  try {
    const stored = JSON.parse(sessionStorage.getItem(NAME) ?? "null") as Asked | null;
    if (stored?.body["prompt"]) fill(stored);
  } catch {
    sessionStorage.removeItem(NAME);
  }
}

restore();
effect(() => {
  const { images: _i, videos: _v, image_types: _t, ...rest } = said.value;
  const lasting = mediaFields();
  const uploaded = ![lasting["images"], lasting["videos"]].some((one) => list(one).includes("pending"));
  const kept: Asked = { model: slug.value, body: uploaded ? { ...rest, ...lasting } : rest };
  sessionStorage.setItem(NAME, JSON.stringify(kept));
});

/** The headers that go along with a submit. */
export function headers(idempotency: string): Record<string, string> {
  const { priority, deadline, webhook } = wishes.value;
  return {
    "Idempotency-Key": idempotency,
    ...(priority ? { "X-Priority": priority } : {}),
    ...(deadline ? { "X-Deadline-Seconds": deadline } : {}),
    ...(webhook ? { "X-Webhook-URL": webhook } : {}),
  };
}
