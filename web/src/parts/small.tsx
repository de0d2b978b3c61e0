// The small things that every screen is made of.

import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../core/speech";
import { WireError } from "../core/wire";
import { Icon, type IconName } from "./icon";

export function Button(props: {
  children?: ComponentChildren;
  icon?: IconName;
  kind?: "main" | "plain" | "quiet" | "danger";
  label?: string;
  disabled?: boolean;
  pressed?: boolean;
  busy?: boolean;
  submit?: boolean;
  id?: string;
  keys?: string;
  onClick?: (event: MouseEvent) => void;
}) {
  const { children, icon, kind = "plain", label } = props;
  return (
    <button
      type={props.submit ? "submit" : "button"}
      id={props.id}
      class={`button ${kind}${children ? "" : " bare"}`}
      disabled={props.disabled}
      aria-label={label}
      aria-pressed={props.pressed}
      aria-busy={props.busy}
      aria-keyshortcuts={props.keys}
      title={label}
      onClick={props.onClick}
    >
      {icon && <Icon name={icon} />}
      {children && <span>{children}</span>}
    </button>
  );
}

/** A choice of a few, all in view: radio buttons that look like one bar. */
export function Bar<Value extends string | number>(props: {
  name: string;
  label: string;
  options: { value: Value; text: string; icon?: IconName }[];
  value: Value | undefined;
  hideLabel?: boolean;
  disabled?: boolean;
  describedBy?: string | undefined;
  onPick: (value: Value) => void;
}) {
  return (
    <fieldset class="bar" disabled={props.disabled} aria-describedby={props.describedBy}>
      <legend class={props.hideLabel ? "unseen" : ""}>{props.label}</legend>
      <div>
        {props.options.map((option) => (
          <label key={option.value}>
            <input
              type="radio"
              name={props.name}
              value={option.value}
              checked={option.value === props.value}
              onChange={() => props.onPick(option.value)}
            />
            <span>
              {option.icon && <Icon name={option.icon} />}
              {option.text}
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

export function Note(props: { kind: "warn" | "bad" | "good" | "info"; children: ComponentChildren; alert?: boolean }) {
  return (
    <div class={`note ${props.kind}`} role={props.alert ? "alert" : undefined}>
      <Icon name={props.kind === "good" ? "check" : props.kind === "info" ? "eye" : "warn"} />
      <div>{props.children}</div>
    </div>
  );
}

/** Puts text on the clipboard, also where the page is no secure context. */
async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "unseen";
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}

export function Copy({ text, label }: { text: string; label: string }) {
  const [done, setDone] = useState(false);
  const onClick = async () => {
    if (!(await copy(text))) return;
    setDone(true);
    say(t("copied"));
    setTimeout(() => setDone(false), 1600);
  };
  return <Button kind="quiet" icon={done ? "check" : "copy"} label={label} onClick={() => void onClick()} />;
}

const spoken = signal("");

/** Tell people who listen to the page rather than look at it. */
export function say(text: string): void {
  spoken.value = text;
}

export function Spoken() {
  return (
    <div class="unseen" role="status" aria-live="polite">
      {spoken.value}
    </div>
  );
}

/** What to say of an error, in a sentence. */
export function told(error: unknown): string {
  if (!(error instanceof WireError)) return error instanceof Error ? error.message : String(error);
  if (error.status === 0) return t("error.away");
  if (error.status === 401) return t("error.key", { detail: error.detail });
  if (error.status === 429) return t("error.rate", { seconds: error.retryAfter ?? 60 });
  const quote = error.status >= 500 && error.requestId ? ` (${error.requestId})` : "";
  return `${error.message}${quote}`;
}

/** Work that somebody started: whether it goes on, and what went wrong. */
export function useWork(): [boolean, string, (work: () => Promise<unknown>) => Promise<boolean>, () => void] {
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState("");
  const run = async (work: () => Promise<unknown>) => {
    setBusy(true);
    setFault("");
    try {
      await work();
      return true;
    } catch (error) {
      setFault(told(error));
      return false;
    } finally {
      setBusy(false);
    }
  };
  return [busy, fault, run, () => setFault("")];
}

/** Asks before something that cannot be undone. */
export function Confirm(props: { text: string; yes: string; onYes: () => void; onNo: () => void }) {
  const box = useRef<HTMLDialogElement>(null);
  useEffect(() => box.current?.showModal(), []);
  return (
    <dialog ref={box} class="confirm" onClose={props.onNo} aria-label={props.text}>
      <p>{props.text}</p>
      <div class="row end">
        <Button onClick={props.onNo}>{t("no")}</Button>
        <Button kind="danger" onClick={props.onYes}>
          {props.yes}
        </Button>
      </div>
    </dialog>
  );
}

/** Call `work` at once and then every so many seconds, while the page is in view. */
export function useEvery(seconds: number, work: (signal: AbortSignal) => Promise<unknown>, again: unknown[] = []): void {
  useEffect(() => {
    const stop = new AbortController();
    let timer = 0;
    const turn = async () => {
      if (!document.hidden) await work(stop.signal).catch(() => undefined);
      if (!stop.signal.aborted) timer = window.setTimeout(() => void turn(), seconds * 1000);
    };
    void turn();
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, again);
}
