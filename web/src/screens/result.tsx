// Result: the video, what it was made from, and where it comes from.

import { useEffect, useState } from "preact/hooks";
import { ago, bytes, known, moment, number, t } from "../core/speech";
import { isOurs, local, wire, type Resource, type Task } from "../core/wire";
import { Icon } from "../parts/icon";
import { Copy, Note } from "../parts/small";
import { Theater } from "../parts/theater";
import { Again, Forget, saying, seconds } from "./task";

const SOURCE = "source";
const OTHERS = 25;

export function Result({ task }: { task: Task }) {
  const resources = task.result?.resources ?? [];
  const video = resources.find((one) => one.type === "video");
  const poster = resources.find((one) => one.role === "poster");
  const [gone, setGone] = useState(false);
  const [seekTo, setSeekTo] = useState<number | null>(null);
  if (!video) return <Note kind="bad">{t("result.none")}</Note>;
  const source = firstOf(task.request?.body["videos"]);
  const comparable = source && isOurs(source) && !gone ? local(source) : "";
  const others = useOthers(task.task_id);
  const [chosen, setChosen] = useState(SOURCE);
  const before = chosen === SOURCE ? comparable : chosen;
  return (
    <div class="result">
      <div class="panel show">
        <Theater
          after={{ src: local(video.url), poster: poster ? local(poster.url) : "" }}
          key={before}
          before={before ? { src: before } : null}
          fps={video.fps ?? 24}
          width={video.width}
          height={video.height}
          seekTo={seekTo}
          names={
            chosen === SOURCE
              ? { before: t("player.before"), after: t("player.after") }
              : { before: t("result.other"), after: t("result.this") }
          }
          beside={<Against others={others} chosen={chosen} source={comparable !== ""} onChoose={setChosen} />}
          onGone={() => (chosen === SOURCE ? setGone(true) : setChosen(SOURCE))}
        />
        {source && !comparable && <p class="hint">{t(gone ? "result.sourceGone" : "result.sourceElsewhere")}</p>}
        <div class="row actions">
          <a class="button main" id="download" href={local(video.url)} download={fileName(video)}>
            <Icon name="download" />
            <span>{t("result.download")}</span>
          </a>
          {poster && (
            <a class="button plain" href={local(poster.url)} download={fileName(poster)}>
              <Icon name="image" />
              <span>{t("result.poster")}</span>
            </a>
          )}
          <Again task={task} />
          <Forget task={task} />
        </div>
      </div>
      <Facts task={task} video={video} onShot={(frame) => setSeekTo((frame + 0.5) / (video.fps ?? 24))} />
    </div>
  );
}

interface Other {
  src: string;
  name: string;
}

/** The newest results of other tasks: another seed, another look, another prompt. */
function useOthers(id: string): Other[] {
  const [others, setOthers] = useState<Other[]>([]);
  useEffect(() => {
    const stop = new AbortController();
    const found = (task: Task): Other[] => {
      const video = task.result?.resources.find((one) => one.type === "video");
      const prompt = String(task.request?.body["prompt"] ?? task.task_id);
      return video && task.task_id !== id ? [{ src: local(video.url), name: `${ago(task.created_at)} · ${prompt}` }] : [];
    };
    wire
      .tasks("success", undefined, OTHERS, stop.signal)
      .then((page) => setOthers(page.items.flatMap(found)))
      .catch(() => undefined);
    return () => stop.abort();
  }, [id]);
  return others;
}

/** What the result is held against. */
function Against(props: { others: Other[]; chosen: string; source: boolean; onChoose: (src: string) => void }) {
  if (!props.others.length) return null;
  return (
    <label class="row against" for="against">
      <span class="hint">{t("result.compare")}</span>
      <select id="against" value={props.chosen} onChange={(event) => props.onChoose(event.currentTarget.value)}>
        <option value={SOURCE}>{t(props.source ? "result.source" : "result.nothing")}</option>
        {props.others.map((other) => (
          <option key={other.src} value={other.src}>
            {other.name}
          </option>
        ))}
      </select>
    </label>
  );
}

function firstOf(value: unknown): string {
  return Array.isArray(value) ? String(value[0] ?? "") : "";
}

function fileName(resource: Resource): string {
  return new URL(resource.url, location.href).pathname.split("/").pop() ?? `result.${resource.format}`;
}

function Facts({ task, video, onShot }: { task: Task; video: Resource; onShot: (frame: number) => void }) {
  const made = task.result?.metadata;
  if (!made) return null;
  return (
    <aside class="panel facts">
      <section class="provenance" aria-labelledby="provenance-title">
        <h2 id="provenance-title" class="label">
          {t("result.provenance")}
        </h2>
        <p class="made">
          <span class="engine" id="engine">
            {made.engine}
          </span>
          <span class="row">
            {t("result.seed")} <code id="seed">{made.seed}</code>
            <Copy text={String(made.seed)} label={t("result.copySeed")} />
          </span>
        </p>
        <p class="hint">{t("result.wire", { model: task.request?.model ?? task.model_id, engine: made.engine })}</p>
      </section>
      {made.warnings.length > 0 && (
        <section aria-labelledby="warnings-title">
          <h2 id="warnings-title" class="label">
            {t("result.warnings")}
          </h2>
          {made.warnings.map((warning) => (
            <Note kind="warn" key={warning}>
              {warning}
            </Note>
          ))}
        </section>
      )}
      <dl class="table">
        <Row name={t("fact.size")} value={`${video.width}×${video.height}`} />
        <Row name={t("fact.length")} value={`${number(video.duration ?? 0, 3)} s · ${number(video.fps ?? 0, 3)} fps`} />
        <Row name={t("fact.file")} value={`${video.format.toUpperCase()} · ${bytes(video.size)}`} />
        <Row name={t("fact.took")} value={seconds(task.duration ?? 0)} />
        {Number(task.billing?.amount ?? 0) > 0 && <Row name={t("fact.price")} value={`$${task.billing?.amount}`} />}
        {task.expires_at && <Row name={t("fact.until")} value={moment(task.expires_at)} />}
      </dl>
      {made.shots.length > 1 && (
        <section aria-labelledby="shots-title">
          <h2 id="shots-title" class="label">
            {t("result.shots")}
          </h2>
          <ol class="shots">
            {made.shots.map((shot) => (
              <li key={shot.start}>
                <button type="button" onClick={() => onShot(shot.start)}>
                  <code>{number(shot.start / (video.fps ?? 24), 1)} s</code> {shot.prompt}
                </button>
              </li>
            ))}
          </ol>
        </section>
      )}
      <details class="fold">
        <summary>{t("result.asked")}</summary>
        <dl class="table">
          {Object.entries(task.request?.body ?? {})
            .filter(([name]) => name !== "prompt")
            .map(([name, value]) => (
              <Row key={name} name={known(`field.${name}`, name)} value={saying(name, value)} />
            ))}
        </dl>
        <p class="hint mono">sha256 {video.sha256}</p>
        <p class="hint mono">{made.request_id}</p>
      </details>
    </aside>
  );
}

function Row({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
