// A task's news as they come: a stream of server-sent events, and polls while streaming does not work.

import { answer, ask, bearer, type Task, WireError } from "./wire";

export type Way = "stream" | "poll" | "away";

interface Hearer {
  heard(task: Task): void;
  /** How news come now; "away" while none do. */
  way(now: Way): void;
}

const FIRST_PAUSE = 0.5;
const LONGEST_PAUSE = 2;
const STREAMS_TRIED = 2;
const POLLS_BEFORE_STREAMING = 5;
const SILENCE = 40_000;

export const ended = (task: Task): boolean => !["pending", "processing"].includes(task.status);

/** Tell a task's news until it has ended or `signal` says stop. Throws WireError when it is not there. */
export async function follow(id: string, hearer: Hearer, signal: AbortSignal): Promise<void> {
  const memory = { lastEvent: "", over: false };
  let failures = 0;
  while (!signal.aborted && !memory.over) {
    try {
      if (failures < STREAMS_TRIED) {
        await stream(id, hearer, memory, signal);
        failures = 0;
      } else {
        await poll(id, hearer, memory, signal);
        failures = 0;
      }
    } catch (error) {
      if (signal.aborted) return;
      if (final(error)) throw error;
      failures += 1;
      hearer.way("away");
    }
    if (!memory.over) await pause(Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** failures), signal);
  }
}

/** Whether asking again is of no use. */
function final(error: unknown): boolean {
  return error instanceof WireError && error.status >= 400 && error.status < 500 && error.status !== 429;
}

interface Memory {
  lastEvent: string;
  over: boolean;
}

async function stream(id: string, hearer: Hearer, memory: Memory, signal: AbortSignal): Promise<void> {
  const headers: Record<string, string> = { Accept: "text/event-stream" };
  if (memory.lastEvent) headers["Last-Event-ID"] = memory.lastEvent;
  const quiet = new AbortController();
  const both = AbortSignal.any([signal, quiet.signal]);
  const got = await open(id, headers, both);
  if (got.status === 204 || !got.body) {
    memory.over = true;
    hearer.heard(await ask<Task>(`/api/v1/tasks/${id}?include=request`, { signal }));
    return;
  }
  hearer.way("stream");
  const reader = got.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  let watchdog = setTimeout(() => quiet.abort(), SILENCE);
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      clearTimeout(watchdog);
      watchdog = setTimeout(() => quiet.abort(), SILENCE);
      const parts = (text + value).split("\n\n");
      text = parts.pop() ?? "";
      for (const part of parts) take(part, hearer, memory);
    }
  } finally {
    clearTimeout(watchdog);
  }
}

/** A stream's head, which unlike its body must come soon. */
async function open(id: string, headers: Record<string, string>, signal: AbortSignal): Promise<Response> {
  const got = await fetch(`/api/v1/tasks/${encodeURIComponent(id)}/events`, {
    headers: { ...bearer(), ...headers },
    signal,
    cache: "no-store",
  });
  if (got.ok) return got;
  // The poll knows how to read a refusal.
  await answer(`/api/v1/tasks/${encodeURIComponent(id)}`, { signal });
  throw new WireError(got.status, "");
}

function take(part: string, hearer: Hearer, memory: Memory): void {
  let data = "";
  for (const line of part.split("\n")) {
    if (line.startsWith("id: ")) memory.lastEvent = line.slice(4);
    else if (line.startsWith("data: ")) data += line.slice(6);
  }
  if (!data) return;
  const task = JSON.parse(data) as Task;
  memory.over = ended(task);
  hearer.heard(task);
}

async function poll(id: string, hearer: Hearer, memory: Memory, signal: AbortSignal): Promise<void> {
  for (let turn = 0; turn < POLLS_BEFORE_STREAMING && !memory.over; turn++) {
    if (turn) await pause(1, signal);
    if (signal.aborted) return;
    const task = await ask<Task>(`/api/v1/tasks/${encodeURIComponent(id)}`, { signal });
    hearer.way("poll");
    memory.over = ended(task);
    hearer.heard(task);
  }
}

export function pause(seconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, seconds * 1000);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
