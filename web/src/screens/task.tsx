// Task: what becomes of it, live; and in the end its result.

import { useEffect, useRef, useState } from "preact/hooks";
import { fill } from "../core/draft";
import { ended, follow, type Way } from "../core/follow";
import { go, href } from "../core/route";
import { ago, known, moment, number, span, t } from "../core/speech";
import { draw, isOurs, local, wire, type Task, WireError } from "../core/wire";
import { Icon } from "../parts/icon";
import { Button, Confirm, Copy, Note, say, told, useWork } from "../parts/small";
import { Result } from "./result";

interface Stage {
  note: string;
  began: number;
}

const MOST_STAGES = 12;

/** The stages so far. Notes that differ in their numbers alone, as `step 3 of 9` does, are one stage. */
function entered(stages: Stage[], note: string): Stage[] {
  const last = stages.at(-1);
  const bare = (text: string) => text.replace(/\d+/g, "#");
  if (last && bare(last.note) === bare(note)) return [...stages.slice(0, -1), { ...last, note }];
  return [...stages, { note, began: Date.now() }].slice(-MOST_STAGES);
}

interface Following {
  task: Task | null;
  way: Way;
  fault: string;
  stages: Stage[];
  cancelling: boolean;
  setCancelling: (on: boolean) => void;
}

/** The task by this name, kept up to date. */
function useTask(id: string): Following {
  const [task, setTask] = useState<Task | null>(null);
  const [way, setWay] = useState<Way>("stream");
  const [fault, setFault] = useState("");
  const [stages, setStages] = useState<Stage[]>([]);
  const [cancelling, setCancelling] = useState(false);
  useEffect(() => {
    const stop = new AbortController();
    setTask(null);
    setFault("");
    setStages([]);
    setCancelling(false);
    const heard = (news: Task) => {
      // A stream's events do not repeat what was asked.
      setTask((before) => ({ ...(before?.request ? { request: before.request } : {}), ...news }));
      const note = news.note;
      if (note) setStages((before) => entered(before, note));
    };
    const begin = async () => {
      const first = await withPatience(() => wire.task(id, stop.signal), stop.signal, setWay);
      if (stop.signal.aborted || !first) return;
      heard(first);
      if (!ended(first)) await follow(id, { heard, way: setWay }, stop.signal);
    };
    begin().catch((error: unknown) => {
      if (!stop.signal.aborted) setFault(told(error));
    });
    return () => stop.abort();
  }, [id]);
  return { task, way, fault, stages, cancelling, setCancelling };
}

/** Ask until there is an answer: a page may be opened while the server starts. */
async function withPatience<Found>(
  ask: () => Promise<Found>,
  signal: AbortSignal,
  way: (now: Way) => void,
): Promise<Found | null> {
  while (!signal.aborted) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof WireError) || (error.status > 0 && error.status < 500)) throw error;
      way("away");
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  }
  return null;
}

export function TaskScreen({ id }: { id: string }) {
  const following = useTask(id);
  const { task, fault, way } = following;
  useTitle(task);
  if (fault)
    return (
      <div class="panel narrow">
        <h1>{t("task.title")}</h1>
        <Note kind="bad" alert>
          {fault}
        </Note>
        <a class="button plain" href={href("gallery")}>
          {t("task.toGallery")}
        </a>
      </div>
    );
  if (!task) return <p class="hint center">{t(way === "away" ? "error.away" : "loading")}</p>;
  return (
    <div class="task">
      <Head task={task} />
      {task.status === "success" ? (
        <Result task={task} />
      ) : (
        <div class="going">
          <Live following={following} task={task} />
          <Brought task={task} />
        </div>
      )}
    </div>
  );
}

/** A field's value in words. */
export function saying(name: string, value: unknown): string {
  if (value === true) return t("state.on");
  if (name === "duration") return t("unit.s", { n: Number(value) });
  if (Array.isArray(value)) return value.map((one) => known(`role.${String(one)}`, lastPart(String(one)))).join(", ");
  return known(`option.${name}.${String(value)}`, String(value));
}

function lastPart(address: string): string {
  return address.split("?")[0]?.split("/").pop() ?? "";
}

/** What the task was given, so that somebody who waits sees what for. */
function Brought({ task }: { task: Task }) {
  const asked = task.request?.body ?? {};
  const list = (name: string) => (Array.isArray(asked[name]) ? asked[name].map(String) : []).filter(isOurs).map(local);
  const settings = Object.entries(asked).filter(([name]) => !["prompt", "images", "videos", "shot_type"].includes(name));
  return (
    <aside class="panel brought" aria-labelledby="brought-title">
      <h2 id="brought-title" class="label">
        {t("task.asked")}
      </h2>
      {list("videos").map((source) => (
        <video key={source} src={source} muted playsInline preload="metadata" aria-label={t("field.videos")} />
      ))}
      {list("images").length > 0 && (
        <div class="pictures">
          {list("images").map((source, place) => (
            <img key={source} src={source} alt={t("media.imageN", { n: place + 1 })} />
          ))}
        </div>
      )}
      <dl class="table">
        {settings.map(([name, value]) => (
          <div key={name}>
            <dt>{known(`field.${name}`, name)}</dt>
            <dd>{saying(name, value)}</dd>
          </div>
        ))}
      </dl>
    </aside>
  );
}

function useTitle(task: Task | null): void {
  const status = task?.status;
  const share = task?.progress;
  useEffect(() => {
    if (!status) return;
    const part = status === "processing" && share ? `${Math.floor(share * 100)}%` : t(`status.${status}`);
    document.title = `${part} · Omnireel`;
    return () => {
      document.title = "Omnireel";
    };
  }, [status, share]);
  useEffect(() => {
    if (status) say(t(`status.${status}`));
  }, [status]);
}

function Head({ task }: { task: Task }) {
  const prompt = String(task.request?.body["prompt"] ?? "");
  return (
    <header class="head">
      <div class="row">
        <Badge status={task.status} />
        <span class="hint" title={moment(task.created_at)}>
          {ago(task.created_at)}
        </span>
        <code class="id">{task.task_id}</code>
        <Copy text={task.task_id} label={t("task.copyId")} />
      </div>
      <h1 class="asked">{prompt || t("task.title")}</h1>
    </header>
  );
}

export function Badge({ status }: { status: Task["status"] }) {
  return (
    <span class={`badge ${status}`} id="status" data-status={status}>
      {t(`status.${status}`)}
    </span>
  );
}

function Live({ following, task }: { following: Following; task: Task }) {
  const { way, stages, cancelling } = following;
  const going = !ended(task);
  return (
    <div class="panel live">
      {going && way === "away" && (
        <Note kind="warn" alert>
          {t("task.away")}
        </Note>
      )}
      {going ? <Going task={task} stages={stages} cancelling={cancelling} /> : <Over task={task} />}
      <Actions following={following} task={task} />
    </div>
  );
}

function Going({ task, stages, cancelling }: { task: Task; stages: Stage[]; cancelling: boolean }) {
  const now = useClock();
  const share = task.progress ?? 0;
  const since = (now - new Date(task.started_at ?? task.created_at).getTime()) / 1000;
  const left = task.eta_seconds;
  const note = cancelling ? t("task.cancelling") : stageName(task);
  return (
    <>
      <div class="meter">
        <div class="big" aria-hidden="true">
          {task.status === "pending" ? `#${task.queue_position ?? 1}` : `${Math.floor(share * 100)}%`}
        </div>
        <div class="grow">
          <p class="stage-name" id="stage">
            {note}
          </p>
          <progress
            max={1}
            {...(task.status === "pending" ? {} : { value: share })}
            aria-label={t("task.progress")}
          />
          <p class="hint row">
            <span id="elapsed">{t("task.elapsed", { span: span(since) })}</span>
            {left !== undefined && <span id="eta">{t("task.eta", { span: span(left) })}</span>}
          </p>
        </div>
      </div>
      <ol class="stages" aria-label={t("task.stages")}>
        <li class={task.status === "pending" ? "now" : "done"}>{t("stage.queued")}</li>
        {stages.map((stage, place) => (
          <li key={stage.began} class={place === stages.length - 1 ? "now" : "done"}>
            {known(`stage.${stage.note}`, stage.note)}
            {place < stages.length - 1 && (
              <span class="hint">{span(((stages[place + 1]?.began ?? now) - stage.began) / 1000)}</span>
            )}
          </li>
        ))}
      </ol>
    </>
  );
}

function stageName(task: Task): string {
  if (task.status === "pending")
    return (task.queue_position ?? 1) <= 1 ? t("task.next") : t("task.ahead", { n: (task.queue_position ?? 1) - 1 });
  return task.note ? known(`stage.${task.note}`, task.note) : t("stage.begun");
}

function useClock(): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, []);
  return now;
}

function Over({ task }: { task: Task }) {
  const error = task.error;
  if (task.status === "canceled") return <Note kind="info">{t("task.canceled")}</Note>;
  return (
    <Note kind="bad">
      <p>
        <strong>{known(`fault.${error?.type ?? ""}`, error?.type ?? "")}</strong>
      </p>
      <p>{error?.message}</p>
      <p class="hint">{t(error?.retryable ? "task.retryable" : "task.notRetryable")}</p>
    </Note>
  );
}

function Actions({ following, task }: { following: Following; task: Task }) {
  const [busy, fault, run] = useWork();
  const cancel = () =>
    run(async () => {
      following.setCancelling(true);
      try {
        await wire.cancel(task.task_id);
      } catch (error) {
        following.setCancelling(false);
        throw error;
      }
    });
  return (
    <>
      <div class="row">
        {ended(task) ? (
          <>
            <Again task={task} />
            <Forget task={task} />
          </>
        ) : (
          <Button icon="stop" busy={busy} disabled={busy || following.cancelling} id="cancel" onClick={() => void cancel()}>
            {t("task.cancel")}
          </Button>
        )}
        {!ended(task) && (
          <span class={`way ${following.way}`} id="way" data-way={following.way}>
            {t(`task.way.${following.way}`)}
          </span>
        )}
      </div>
      {fault && (
        <Note kind="bad" alert>
          {fault}
        </Note>
      )}
    </>
  );
}

/** Make the same again as a new task, or take it back into the form. */
export function Again({ task }: { task: Task }) {
  const [busy, fault, run] = useWork();
  // One name until it has come through: a second try after a lost answer makes no second video.
  const name = useRef(draw());
  const asked = task.request;
  if (!asked) return null;
  const again = () =>
    run(async () => {
      // Links to what was sent may have grown old since the page was opened.
      const fresh = (await wire.task(task.task_id)).request ?? asked;
      const receipt = await wire.submit(fresh.model, fresh.body, { "Idempotency-Key": name.current });
      name.current = draw();
      go("task", receipt.task_id);
    });
  const remix = () =>
    run(async () => {
      fill((await wire.task(task.task_id)).request ?? asked);
      go("create");
    });
  return (
    <>
      <Button icon="remix" id="remix" disabled={busy} onClick={() => void remix()}>
        {t("task.remix")}
      </Button>
      <Button icon="again" id="again" disabled={busy} onClick={() => void again()}>
        {t("task.again")}
      </Button>
      <a class="button quiet" href={href("code", task.task_id)}>
        <Icon name="code" />
        <span>{t("nav.code")}</span>
      </a>
      {fault && (
        <Note kind="bad" alert>
          {fault}
        </Note>
      )}
    </>
  );
}

export function Forget({ task }: { task: Task }) {
  const [asking, setAsking] = useState(false);
  const [, fault, run] = useWork();
  const forget = async () => {
    setAsking(false);
    if (await run(() => wire.forget(task.task_id))) go("gallery");
  };
  return (
    <>
      <Button kind="quiet" icon="bin" onClick={() => setAsking(true)}>
        {t("task.forget")}
      </Button>
      {asking && (
        <Confirm text={t("task.forgetSure")} yes={t("task.forget")} onYes={() => void forget()} onNo={() => setAsking(false)} />
      )}
      {fault && (
        <Note kind="bad" alert>
          {fault}
        </Note>
      )}
    </>
  );
}

export function seconds(milliseconds: number): string {
  return t("unit.s", { n: number(milliseconds / 1000, 1) });
}
