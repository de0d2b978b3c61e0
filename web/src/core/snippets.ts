// The exact request in other tongues: curl, Python, the command line. Pure.

import type { Body } from "./wire";

export interface Spoken {
  origin: string;
  slug: string;
  body: Body;
  headers: Record<string, string>;
  key: string;
}

function quoted(text: string): string {
  return /^[A-Za-z0-9_./:=@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

export function curl({ origin, slug, body, headers, key }: Spoken): string {
  const sent = { Authorization: `Bearer ${key}`, "Content-Type": "application/json", ...headers };
  const lines = Object.entries(sent).map(([name, value]) => `  -H ${quoted(`${name}: ${value}`)}`);
  return [`curl ${quoted(`${origin}/api/v1/${slug}`)}`, ...lines, `  -d ${quoted(JSON.stringify(body, null, 2))}`].join(" \\\n");
}

/** A value as Python writes it. JSON's strings are Python's, but for what lies beyond U+FFFF, which both leave as it is. */
function literal(value: unknown): string {
  if (value === true) return "True";
  if (value === false) return "False";
  if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
  return JSON.stringify(value);
}

const PYTHON_NAMES: Record<string, string> = { videos: "video" };
const SDK_FIELDS = [
  "images",
  "video",
  "mode",
  "aspect_ratio",
  "duration",
  "sound",
  "multi_shot",
  "shot_type",
  "seed",
  "negative_prompt",
  "image_types",
  "video_type",
  "keep_original_sound",
  "engine",
];

export function python({ origin, slug, body, headers, key }: Spoken): string {
  const { prompt, ...rest } = body;
  const options: [string, unknown][] = [["model", slug]];
  for (const [name, value] of Object.entries(rest)) {
    const called = PYTHON_NAMES[name] ?? name;
    const single = called === "video" && Array.isArray(value) ? value[0] : value;
    if (SDK_FIELDS.includes(called)) options.push([called, single]);
  }
  if (headers["X-Webhook-URL"]) options.push(["webhook_url", headers["X-Webhook-URL"]]);
  return [
    "from omnireel import Client",
    "",
    `with Client(${literal(origin)}, ${literal(key)}) as client:`,
    "    result = client.videos.create_and_wait(",
    `        ${literal(prompt ?? "")},`,
    ...options.map(([name, value]) => `        ${name}=${literal(value)},`),
    "    )",
    '    result.download("result.mp4")',
  ].join("\n");
}

const FLAGS: Record<string, string> = {
  mode: "--mode",
  aspect_ratio: "--aspect-ratio",
  duration: "--duration",
  sound: "--sound",
  seed: "--seed",
  negative_prompt: "--negative-prompt",
  engine: "--engine",
};

/** The command, and the fields that it has no flag for. */
export function command({ origin, slug, body, headers, key }: Spoken): { text: string; without: string[] } {
  const parts = [`OMNIREEL_API_KEY=${quoted(key)} omnireel generate ${quoted(String(body["prompt"] ?? ""))}`];
  const without: string[] = [];
  parts.push(`  --base-url ${quoted(origin)} --model ${quoted(slug)}`);
  for (const [name, value] of Object.entries(body)) {
    if (name === "prompt" || name === "shot_type") continue;
    else if (name === "images") for (const url of value as string[]) parts.push(`  --image ${quoted(url)}`);
    else if (name === "videos") parts.push(`  --video ${quoted(String((value as string[])[0]))}`);
    else if (name === "multi_shot") parts.push("  --multi-shot");
    else if (FLAGS[name]) parts.push(`  ${FLAGS[name]} ${quoted(String(value))}`);
    else without.push(name);
  }
  if (headers["X-Webhook-URL"]) parts.push(`  --webhook-url ${quoted(headers["X-Webhook-URL"])}`);
  parts.push("  -o result.mp4");
  return { text: parts.join(" \\\n"), without };
}
