// Create: a form that follows the served schema.

import { useEffect, useRef, useState } from "preact/hooks";
import type { RefObject } from "preact";
import * as draft from "../core/draft";
import { apply, EXAMPLES, words } from "../core/examples";
import { images, videos } from "../core/media";
import { go, href } from "../core/route";
import { length, type Field } from "../core/schema";
import { known, number, span, t } from "../core/speech";
import { draw, wire, WireError, type Estimate } from "../core/wire";
import { Icon } from "../parts/icon";
import { MediaZone, takeFiles } from "../parts/media_zone";
import { Bar, Button, Note, told, useWork } from "../parts/small";

const SHOWN_FIRST = ["mode", "aspect_ratio", "duration", "sound", "multi_shot"];
const ELSEWHERE = ["prompt", "images", "videos", "image_types", "shot_type"];
const TYPING = 350;

/** A submit whose answer was lost is sent again under the same name, so that it counts once. */
let unsure: { name: string; content: string } | null = null;

async function send(): Promise<void> {
  const body = draft.body.value;
  const content = JSON.stringify([draft.slug.value, body, draft.wishes.value]);
  if (unsure?.content !== content) unsure = { name: draw(), content };
  try {
    const receipt = await wire.submit(draft.slug.value, body, draft.headers(unsure.name));
    unsure = null;
    go("task", receipt.task_id);
  } catch (error) {
    if (error instanceof WireError && error.status >= 400 && error.status < 500) unsure = null;
    throw error;
  }
}

export function Create() {
  const [dragging, setDragging] = useState(false);
  const [mediaFault, setMediaFault] = useState("");
  const [busy, fault, run] = useWork();
  const prompt = useRef<HTMLTextAreaElement>(null);
  const estimate = useEstimate();
  const ready = draft.written.value && !draft.waiting.value && !draft.refused.value && !estimate.fault;
  const submit = () => {
    if (ready && !busy) void run(send);
  };

  useEffect(() => {
    const paste = (event: ClipboardEvent) => {
      const files = [...(event.clipboardData?.files ?? [])];
      if (!files.length) return;
      event.preventDefault();
      setMediaFault(takeFiles(files));
    };
    addEventListener("paste", paste);
    return () => removeEventListener("paste", paste);
  }, []);

  const hold = (event: DragEvent) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    setDragging(true);
  };
  return (
    <div
      class={`create${dragging ? " dragging" : ""}`}
      onDragEnter={hold}
      onDragOver={hold}
      onDragLeave={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget as Node | null)) setDragging(false);
      }}
      onDrop={(event) => {
        event.preventDefault();
        setDragging(false);
        setMediaFault(takeFiles([...(event.dataTransfer?.files ?? [])]));
      }}
    >
      <h1 class="unseen">{t("create.title")}</h1>
      <form
        class="composer panel"
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
        onKeyDown={(event) => {
          if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
            event.preventDefault();
            submit();
          }
        }}
      >
        <Models />
        <Prompt area={prompt} />
        <MediaZone fault={mediaFault} onFault={setMediaFault} />
        <div class="settings">
          {SHOWN_FIRST.map((name) => draft.form.value.find((field) => field.name === name))
            .filter((field) => field !== undefined)
            .map((field) => (
              <Control key={field.name} field={field} />
            ))}
        </div>
        <More />
        <div class="finish">
          <Forecast estimate={estimate} />
          {fault && (
            <Note kind="bad" alert>
              {fault}
            </Note>
          )}
          <div class="row">
            <Button kind="main" icon="send" submit busy={busy} disabled={!ready || busy} keys="Control+Enter" id="submit">
              {t(draft.waiting.value ? "create.sending" : "create.submit")}
            </Button>
            <kbd class="hint wide-only">Ctrl ↵</kbd>
            <span class="grow" />
            <a class="button quiet" href={href("code")}>
              <Icon name="code" />
              <span>{t("nav.code")}</span>
            </a>
            <Button kind="quiet" onClick={draft.reset}>
              {t("create.reset")}
            </Button>
          </div>
        </div>
      </form>
      <Examples onPick={() => prompt.current?.focus()} />
      {dragging && (
        <div class="curtain" aria-hidden="true">
          <Icon name="image" />
          {t("media.dropHere")}
        </div>
      )}
    </div>
  );
}

function Models() {
  if (draft.models.value.length < 2) return null;
  return (
    <Bar
      name="model"
      label={t("create.model")}
      value={draft.slug.value}
      onPick={draft.choose}
      describedBy="wire-note"
      options={draft.models.value.map((model) => ({ value: model.slug, text: model.display_name }))}
    />
  );
}

function Prompt({ area }: { area: RefObject<HTMLTextAreaElement | null> }) {
  const field = draft.form.value.find((one) => one.name === "prompt");
  const text = String(draft.values.value["prompt"] ?? "");
  const most = field?.most ?? 2500;
  const used = length(text);
  const insert = (reference: string) => {
    const box = area.current;
    if (!box) return;
    box.setRangeText(reference, box.selectionStart, box.selectionEnd, "end");
    draft.set("prompt", box.value);
    box.focus();
  };
  const chips = [
    ...images.value.map((_, place) => ({ text: t("media.imageN", { n: place + 1 }), tag: `<<<image_${place + 1}>>>` })),
    ...videos.value.map((_, place) => ({ text: t("media.videoN", { n: place + 1 }), tag: `<<<video_${place + 1}>>>` })),
  ];
  return (
    <div class="prompt">
      <label class="label" for="prompt">
        {t("field.prompt")}
      </label>
      <textarea
        ref={area}
        id="prompt"
        rows={4}
        value={text}
        placeholder={t("create.placeholder")}
        aria-describedby="prompt-count"
        aria-invalid={used > most}
        onInput={(event) => draft.set("prompt", event.currentTarget.value)}
      />
      <div class="row under">
        {chips.map((chip) => (
          <button
            key={chip.tag}
            type="button"
            class="chip"
            aria-label={t("create.insert", { name: chip.text })}
            onClick={() => insert(chip.tag)}
          >
            <code>{chip.tag}</code>
          </button>
        ))}
        <span class="grow" />
        <span id="prompt-count" class={`hint count${used > most ? " over" : used > most * 0.9 ? " near" : ""}`}>
          {t("create.count", { n: number(used), most: number(most) })}
        </span>
      </div>
    </div>
  );
}

/** What a field is called, and what there is to say of it. */
function naming(field: Field): [string, string] {
  const label = known(`field.${field.name}`, field.name.replaceAll("_", " "));
  return [label, known(`help.${field.name}`, field.schema.description ?? "")];
}

function ruling(rule: { "x-rule-id"?: string; description?: string }): string {
  return known(`rule.${rule["x-rule-id"] ?? ""}`, rule.description ?? "");
}

function Control({ field }: { field: Field }) {
  const [label, help] = naming(field);
  const id = `field-${field.name}`;
  const closed = field.closedBy ? ruling(field.closedBy) : "";
  const narrowed = field.narrowedBy ? ruling(field.narrowedBy) : "";
  const note = closed || (field.kind === "choice" && narrowed ? narrowed : help);
  return (
    <div class={`control ${field.kind}${closed ? " closed" : ""}`}>
      <Input field={field} label={label} id={id} />
      {note && (
        <p id={`${id}-note`} class="hint">
          {note}
        </p>
      )}
    </div>
  );
}

function Input({ field, label, id }: { field: Field; label: string; id: string }) {
  const value = draft.values.value[field.name];
  const describedBy = `${id}-note`;
  const disabled = field.closedBy !== null;
  if (disabled && field.kind !== "flag") return <span class="label">{label}</span>;
  if (field.kind === "flag")
    return (
      <label class="switch">
        <input
          type="checkbox"
          id={id}
          checked={value === true && !disabled}
          disabled={disabled}
          aria-describedby={describedBy}
          onChange={(event) => draft.set(field.name, event.currentTarget.checked)}
        />
        <span>{label}</span>
      </label>
    );
  if (field.options.length)
    return (
      <Bar
        name={field.name}
        label={label}
        describedBy={describedBy}
        value={picked(field, value)}
        onPick={(chosen) => draft.set(field.name, chosen === "" ? undefined : chosen)}
        options={choices(field)}
      />
    );
  if (field.kind === "whole" && field.least !== undefined && field.most !== undefined && field.most <= 100)
    return <Slide field={field} label={label} id={id} value={value} />;
  return (
    <label class="stacked" for={id}>
      <span class="label">{label}</span>
      {field.kind === "whole" ? (
        <NumberBox field={field} id={id} value={value} />
      ) : (
        <textarea
          id={id}
          rows={2}
          maxLength={field.most}
          value={String(value ?? "")}
          aria-describedby={describedBy}
          onInput={(event) => draft.set(field.name, event.currentTarget.value)}
        />
      )}
    </label>
  );
}

function choices(field: Field): { value: string | number; text: string }[] {
  const named = field.options.map((option) => {
    const otherwise = field.name === "duration" ? t("unit.s", { n: option }) : String(option);
    return { value: option, text: known(`option.${field.name}.${option}`, otherwise) };
  });
  const mayBeLeft = !field.required && field.schema.default === undefined;
  return mayBeLeft ? [{ value: "" as string | number, text: known(`option.${field.name}.`, t("option.auto")) }, ...named] : named;
}

function picked(field: Field, value: unknown): string | number | undefined {
  const offered = field.options.includes(value as string) ? (value as string) : undefined;
  const fallback = field.schema.default as string | undefined;
  return offered ?? (fallback !== undefined && field.options.includes(fallback) ? fallback : field.required ? undefined : "");
}

function Slide({ field, label, id, value }: { field: Field; label: string; id: string; value: unknown }) {
  const now = Number(value ?? field.schema.default ?? field.least);
  return (
    <label class="stacked" for={id}>
      <span class="label">
        {label} <output>{t("unit.s", { n: now })}</output>
      </span>
      <input
        type="range"
        id={id}
        min={field.least}
        max={field.most}
        value={now}
        aria-describedby={`${id}-note`}
        onInput={(event) => draft.set(field.name, Number(event.currentTarget.value))}
      />
    </label>
  );
}

function NumberBox({ field, id, value }: { field: Field; id: string; value: unknown }) {
  return (
    <span class="row">
      <input
        type="number"
        class="grow"
        id={id}
        step={1}
        min={field.least}
        max={field.most}
        value={value === undefined ? "" : String(value)}
        placeholder={t("option.random")}
        aria-describedby={`${id}-note`}
        onInput={(event) => {
          const text = event.currentTarget.value;
          draft.set(field.name, text === "" ? undefined : Number(text));
        }}
      />
      {field.name === "seed" && (
        <Button
          kind="quiet"
          icon="again"
          label={t("create.dice")}
          onClick={() => draft.set("seed", crypto.getRandomValues(new Uint32Array(1))[0])}
        />
      )}
    </span>
  );
}

function More() {
  const rest = draft.form.value.filter((field) => ![...SHOWN_FIRST, ...ELSEWHERE].includes(field.name));
  const offered = rest.filter((field) => field.schema.type !== "null");
  const { priority, deadline, webhook } = draft.wishes.value;
  const wish = (news: Partial<typeof draft.wishes.value>) => {
    draft.wishes.value = { ...draft.wishes.value, ...news };
  };
  return (
    <details class="more">
      <summary>{t("create.more")}</summary>
      <div class="settings">
        {offered.map((field) => (
          <Control key={field.name} field={field} />
        ))}
        <div class="control">
          <Bar
            name="priority"
            label={t("create.priority")}
            value={priority}
            onPick={(value) => wish({ priority: value })}
            options={[
              { value: "low", text: t("option.priority.low") },
              { value: "", text: t("option.priority.normal") },
              { value: "high", text: t("option.priority.high") },
            ]}
          />
        </div>
        <div class="control">
          <label class="stacked" for="deadline">
            <span class="label">{t("create.deadline")}</span>
            <input
              type="number"
              id="deadline"
              min={1}
              max={86_400}
              value={deadline}
              onInput={(event) => wish({ deadline: event.currentTarget.value })}
            />
          </label>
        </div>
        <div class="control">
          <label class="stacked" for="webhook">
            <span class="label">{t("create.webhook")}</span>
            <input
              type="url"
              id="webhook"
              placeholder="https://"
              value={webhook}
              onInput={(event) => wish({ webhook: event.currentTarget.value })}
            />
          </label>
        </div>
      </div>
    </details>
  );
}

interface Estimating {
  known: Estimate | null;
  fault: string;
}

/** The server's word on the draft as it stands: what it would take, or what is wrong with it. */
function useEstimate(): Estimating {
  const [estimating, setEstimating] = useState<Estimating>({ known: null, fault: "" });
  const asked = JSON.stringify([draft.slug.value, draft.body.value]);
  useEffect(() => {
    if (!draft.written.value || !draft.schema.value) {
      setEstimating({ known: null, fault: "" });
      return;
    }
    const stop = new AbortController();
    const ask = () => {
      wire
        .estimate(draft.slug.value, draft.body.value, stop.signal)
        .then((found) => setEstimating({ known: found, fault: "" }))
        .catch((error: unknown) => {
          if (stop.signal.aborted) return;
          const judged = error instanceof WireError && error.status === 400;
          setEstimating({ known: null, fault: judged ? told(error) : "" });
        });
    };
    const timer = setTimeout(ask, TYPING);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [asked]);
  return estimating;
}

/** What must be mended before anything can be asked; empty when nothing must. */
function lacking(): string {
  const prompt = draft.form.value.find((field) => field.name === "prompt");
  const over = length(String(draft.values.value["prompt"] ?? "")) - (prompt?.most ?? Infinity);
  if (over > 0) return t("create.tooLong", { n: number(over) });
  if (!draft.written.value) return t("create.writeFirst");
  return draft.refused.value ? t("create.badFile") : "";
}

function Forecast({ estimate }: { estimate: Estimating }) {
  const found = estimate.known;
  if (estimate.fault)
    return (
      <div id="fault">
        <Note kind="bad">{estimate.fault}</Note>
      </div>
    );
  const missing = lacking();
  if (missing || !found) return <p class="hint forecast">{missing || t("create.asking")}</p>;
  const seconds = found.expected_seconds;
  return (
    <dl class="forecast" id="estimate">
      <div>
        <dt>{t("estimate.time")}</dt>
        <dd title={t("estimate.samples", { n: found.samples })}>
          {seconds === undefined ? t("estimate.unknown") : t("estimate.about", { span: span(seconds) })}
        </dd>
      </div>
      <div>
        <dt>{t("estimate.queue")}</dt>
        <dd>{found.queue_position <= 1 ? t("estimate.next") : t("estimate.place", { n: found.queue_position })}</dd>
      </div>
      <div>
        <dt>{t("estimate.price")}</dt>
        <dd>{Number(found.price) ? t("estimate.atMost", { price: found.price }) : t("estimate.free")}</dd>
      </div>
    </dl>
  );
}

function Examples({ onPick }: { onPick: () => void }) {
  const [busy, fault, run] = useWork();
  return (
    <aside class="examples" aria-labelledby="examples-title">
      <h2 id="examples-title" class="label">
        {t("examples.title")}
      </h2>
      <ul>
        {EXAMPLES.map((example) => (
          <li key={example.name}>
            <button
              type="button"
              class="example"
              disabled={busy}
              onClick={() => {
                void run(() => apply(example));
                onPick();
              }}
            >
              <img src={example.picture} alt="" width={360} height={203} loading="lazy" />
              <span class="tag">
                {t(example.sample === "clip" ? "kind.v2v" : example.sample === "picture" ? "kind.i2v" : "kind.t2v")}
              </span>
              <span class="words">{words(example)}</span>
            </button>
          </li>
        ))}
      </ul>
      {fault && <Note kind="bad">{fault}</Note>}
      <p class="hint" id="wire-note">
        {t("about.wire")}
      </p>
    </aside>
  );
}
