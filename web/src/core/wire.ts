// The server's answers, field for field, and the one way to ask for them.

import { key, refusal } from "./session";

export type Status = "pending" | "processing" | "success" | "failed" | "canceled";

export interface Resource {
  url: string;
  type: "video" | "image";
  role: string;
  format: string;
  width: number;
  height: number;
  size: number;
  sha256: string;
  duration?: number;
  fps?: number;
}

export interface Shot {
  start: number;
  frames: number;
  prompt: string;
}

/** A submit body: what the schema describes. */
export type Body = Record<string, unknown>;

/** What a task was asked for; `body` can be submitted again. */
export interface Asked {
  model: string;
  body: Body;
}

export interface Task {
  task_id: string;
  model_id: string;
  status: Status;
  progress?: number;
  note?: string;
  queue_position?: number;
  eta_seconds?: number;
  created_at: string;
  started_at?: string;
  completed_at?: string;
  expires_at?: string;
  duration?: number;
  result?: {
    resources: Resource[];
    metadata: { engine: string; seed: number; request_id: string; shots: Shot[]; warnings: string[] };
  };
  billing?: { amount: string };
  error?: { type: string; message: string; retryable: boolean };
  request?: Asked;
}

export interface TaskPage {
  items: Task[];
  next_cursor?: string;
  has_more: boolean;
}

export interface Model {
  slug: string;
  model_id: string;
  display_name: string;
  description: string;
}

export interface Estimate {
  expected_seconds?: number;
  samples: number;
  queue_position: number;
  price: string;
}

export interface Upload {
  file_id: string;
  type: "image" | "video";
  url: string;
  filename: string;
  size: number;
}

export interface Attempt {
  number: number;
  at: string;
  status_code?: number;
  latency_ms?: number;
  error?: string;
}

export interface Delivery {
  delivery_id: string;
  task_id: string;
  event: string;
  url: string;
  status: "pending" | "delivered" | "rejected" | "dead" | "disabled";
  created_at: string;
  next_attempt_at?: string;
  attempts: Attempt[];
}

export interface DeliveryPage {
  items: Delivery[];
  next_cursor?: string;
  has_more: boolean;
}

export interface Check {
  ok: boolean;
  reason: string;
}

export interface ServerStatus {
  version: string;
  python: string;
  uptime_seconds: number;
  ready: boolean;
  queue: { pending: number; processing: number; oldest_seconds: number; most: number };
  workers: { live: number; slots: number };
  webhooks_pending: number;
  disk: { free_bytes: number; least_bytes: number };
  sandbox: { level: string; description: string };
  engines: string[];
  default_engine: string;
  metering: boolean;
  retention_days: number;
  checks: Record<string, Check>;
}

/** An answer that is no success, or none at all (`status` 0). */
export class WireError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly retryAfter: number | null = null,
    readonly requestId: string | null = null,
  ) {
    super(message);
  }

  /** Without the category it begins with. */
  get detail(): string {
    return this.message.replace(/^[A-Z][A-Za-z ]{2,30}: /, "");
  }
}

const SECONDS = 30;

function fact(name: string): string {
  const found = document.querySelector<HTMLMetaElement>(`meta[name="omnireel-${name}"]`)?.content ?? "";
  return found.startsWith("$") ? "" : found;
}

/** What the server wrote into the page. */
export const page = {
  base: fact("base") || location.origin,
  version: fact("version"),
  firstKey: fact("first-key"),
};

/** The server's own link as this page's origin reaches it: somebody may have come by another name. */
export function local(url: string): string {
  return url.startsWith(`${page.base}/`) ? url.slice(page.base.length) : url;
}

/** Whether a link leads to this server, so that the page may load it. */
export function isOurs(url: string): boolean {
  return local(url).startsWith("/");
}

/** A random name, also where the page is not a secure context and `randomUUID` is missing. */
export function draw(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function bearer(of: string = key.value): Record<string, string> {
  return of ? { Authorization: `Bearer ${of}` } : {};
}

async function problem(answer: Response): Promise<WireError> {
  const after = Number(answer.headers.get("Retry-After"));
  const body = (await answer.json().catch(() => null)) as { message?: string } | null;
  const message = body?.message ?? `HTTP ${answer.status}`;
  return new WireError(answer.status, message, after > 0 ? after : null, answer.headers.get("X-Request-ID"));
}

interface Ask {
  method?: "GET" | "POST" | "DELETE";
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
  key?: string;
}

/** The whole answer. Throws WireError, or AbortError when `signal` says so. */
export async function answer(path: string, ask: Ask = {}): Promise<Response> {
  const limit = AbortSignal.timeout(SECONDS * 1000);
  const headers: Record<string, string> = { ...bearer(ask.key), ...ask.headers };
  if (ask.body !== undefined) headers["Content-Type"] = "application/json";
  let got: Response;
  try {
    got = await fetch(path, {
      method: ask.method ?? "GET",
      headers,
      body: ask.body === undefined ? null : JSON.stringify(ask.body),
      signal: ask.signal ? AbortSignal.any([ask.signal, limit]) : limit,
      cache: "no-store",
    });
  } catch (error) {
    if (ask.signal?.aborted) throw error;
    throw new WireError(0, "");
  }
  if (got.ok) return got;
  const fault = await problem(got);
  // A key that may not do this one thing is still a good key.
  if (fault.status === 401 && ask.key === undefined && !/may not/.test(fault.message)) refusal.value = fault.detail;
  throw fault;
}

/** What stands in an answer's `data`. */
export async function ask<Data>(path: string, how: Ask = {}): Promise<Data> {
  const got = await answer(path, how);
  return ((await got.json()) as { data: Data }).data;
}

const V1 = "/api/v1";

export const wire = {
  async validate(candidate: string): Promise<boolean> {
    const data = await ask<{ is_valid: boolean }>(`${V1}/apikey/validate`, { key: candidate });
    return data.is_valid;
  },
  balance: () => ask<{ balance: number }>(`${V1}/team/balance`),
  async models(): Promise<Model[]> {
    return (await ask<{ items: Model[] }>(`${V1}/models`)).items;
  },
  async schema(slug: string): Promise<Record<string, unknown>> {
    const got = await answer(`/models/${slug}/api_schema`);
    const document = (await got.json()) as {
      post: { requestBody: { content: { "application/json": { schema: Record<string, unknown> } } } };
    };
    return document.post.requestBody.content["application/json"].schema;
  },
  estimate: (slug: string, body: Body, signal: AbortSignal) =>
    ask<Estimate>(`${V1}/${slug}/estimate`, { method: "POST", body, signal }),
  submit: (slug: string, body: Body, headers: Record<string, string>) =>
    ask<{ task_id: string }>(`${V1}/${slug}`, { method: "POST", body, headers }),
  task: (id: string, signal?: AbortSignal) =>
    ask<Task>(`${V1}/tasks/${encodeURIComponent(id)}?include=request`, signal ? { signal } : {}),
  tasks: (status: string, cursor: string | undefined, limit: number, signal?: AbortSignal) => {
    const query = new URLSearchParams({ limit: String(limit), include: "request" });
    if (status) query.set("status", status);
    if (cursor) query.set("cursor", cursor);
    return ask<TaskPage>(`${V1}/tasks?${query}`, signal ? { signal } : {});
  },
  cancel: (id: string) => ask<Task>(`${V1}/tasks/${id}/cancel`, { method: "POST" }),
  forget: (id: string) => ask<unknown>(`${V1}/tasks/${id}`, { method: "DELETE" }),
  deliveries: (cursor?: string) =>
    ask<DeliveryPage>(`${V1}/webhooks/deliveries?limit=20${cursor ? `&cursor=${cursor}` : ""}`),
  resend: (id: string) => ask<Delivery>(`${V1}/webhooks/deliveries/${id}/resend`, { method: "POST" }),
  test: (url: string) =>
    ask<{ delivery_id: string; status_code?: number; latency_ms: number; error?: string }>(`${V1}/webhooks/test`, {
      method: "POST",
      headers: { "X-Webhook-URL": url },
    }),
  secret: () => ask<{ secret: string; previous_until?: string }>(`${V1}/webhooks/secret`),
  rotate: () => ask<{ secret: string; previous_until?: string }>(`${V1}/webhooks/secret/rotate`, { method: "POST" }),
  status: (signal?: AbortSignal) => ask<ServerStatus>(`${V1}/status`, signal ? { signal } : {}),
};

/** Send a file, telling how far it is from 0 to 1. Throws WireError. */
export function upload(file: File, tell: (share: number) => void, signal: AbortSignal): Promise<Upload> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", `${V1}/media/files`);
    for (const [name, value] of Object.entries(bearer())) request.setRequestHeader(name, value);
    request.upload.onprogress = (event) => tell(event.lengthComputable ? event.loaded / event.total : 0);
    request.onerror = () => reject(new WireError(0, ""));
    request.onload = () => {
      let body: { message?: string; data?: Upload } = {};
      try {
        body = JSON.parse(request.responseText) as typeof body;
      } catch {
        // Judged by its status below.
      }
      if (request.status === 200 && body.data) resolve(body.data);
      else reject(new WireError(request.status, body.message ?? `HTTP ${request.status}`));
    };
    signal.addEventListener("abort", () => request.abort());
    const form = new FormData();
    form.append("file", file, file.name);
    request.send(form);
  });
}
