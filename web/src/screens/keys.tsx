// Keys and webhooks: who we are, and whom the server tells.

import { useEffect, useRef, useState } from "preact/hooks";
import { learn } from "../core/draft";
import { href } from "../core/route";
import { forgetKey, keep, key, masked, remembered } from "../core/session";
import { ago, known, moment, t } from "../core/speech";
import { page, wire, type Delivery } from "../core/wire";
import { Mark } from "../parts/icon";
import { Button, Confirm, Copy, Note, told, useEvery, useWork } from "../parts/small";

const LOOKS_WHOLE = /^omr_[a-z]+_[A-Za-z0-9]{20,}$/;

/** The first visit: a key, and where to find one. */
export function Welcome() {
  return (
    <main class="welcome" id="main">
      <div class="panel">
        <Mark />
        <h1>{t("welcome.title")}</h1>
        <p>{t("welcome.what")}</p>
        <KeyForm />
        {page.firstKey ? (
          <div class="where">
            <p>{t("welcome.where")}</p>
            <div class="row command">
              <code class="grow">cat {page.firstKey}</code>
              <Copy text={`cat ${page.firstKey}`} label={t("welcome.copyCommand")} />
            </div>
          </div>
        ) : (
          <p class="hint">
            {t("welcome.ask")} <code>omnireel keys create</code>
          </p>
        )}
        <p class="hint">{t("about.wire")}</p>
      </div>
    </main>
  );
}

function KeyForm() {
  const [text, setText] = useState("");
  const [lasting, setLasting] = useState(false);
  const [busy, fault, run, clearFault] = useWork();
  const box = useRef<HTMLInputElement>(null);
  useEffect(() => box.current?.focus(), []);
  const judge = (candidate: string) =>
    run(async () => {
      const sent = candidate.trim();
      if (!/^[\x21-\x7e]+$/.test(sent) || !(await wire.validate(sent))) throw new Error(t("key.bad"));
      keep(sent, lasting);
      await learn();
    });
  return (
    <form
      class="keyform"
      onSubmit={(event) => {
        event.preventDefault();
        if (text) void judge(text);
      }}
    >
      <label class="label" for="key">
        {t("key.label")}
      </label>
      <div class="row">
        <input
          ref={box}
          id="key"
          class="grow mono"
          type="password"
          autocomplete="off"
          spellcheck={false}
          placeholder="omr_live_…"
          value={text}
          aria-invalid={fault !== ""}
          aria-describedby="key-fault"
          onInput={(event) => {
            const typed = event.currentTarget.value;
            setText(typed);
            clearFault();
            // A whole key is judged as soon as it is there; nobody needs to look for a button.
            if (LOOKS_WHOLE.test(typed.trim()) && typed.length - text.length > 8) void judge(typed);
          }}
        />
        <Button kind="main" submit busy={busy} disabled={busy || !text.trim()}>
          {t("key.use")}
        </Button>
      </div>
      <label class="switch">
        <input type="checkbox" checked={lasting} onChange={(event) => setLasting(event.currentTarget.checked)} />
        <span>{t("key.remember")}</span>
      </label>
      <div id="key-fault" role="alert">
        {fault && <Note kind="bad">{fault}</Note>}
      </div>
    </form>
  );
}

export function Keys() {
  return (
    <div class="keys narrow">
      <h1>{t("keys.title")}</h1>
      <OwnKey />
      <Secret />
      <Trial />
      <Log />
    </div>
  );
}

function OwnKey() {
  const [open, setOpen] = useState(false);
  const [balance, setBalance] = useState<number | null>(null);
  useEffect(() => {
    wire.balance().then((found) => setBalance(found.balance)).catch(() => setBalance(null));
  }, []);
  return (
    <section class="panel" aria-labelledby="own-key">
      <h2 id="own-key">{t("keys.own")}</h2>
      <div class="row command">
        <code class="grow" id="own">
          {open ? key.value : masked(key.value)}
        </code>
        <Button kind="quiet" icon="eye" pressed={open} onClick={() => setOpen(!open)}>
          {t(open ? "key.hide" : "key.reveal")}
        </Button>
        <Copy text={key.value} label={t("key.copy")} />
      </div>
      <label class="switch">
        <input
          type="checkbox"
          checked={remembered.value}
          onChange={(event) => keep(key.value, event.currentTarget.checked)}
        />
        <span>{t("key.remember")}</span>
      </label>
      {balance !== null && balance > 0 && <p>{t("keys.balance", { amount: balance.toFixed(4) })}</p>}
      <div class="row">
        <Button icon="close" onClick={forgetKey}>
          {t("key.forget")}
        </Button>
        <p class="hint grow">{t("keys.more")}</p>
      </div>
    </section>
  );
}

function Secret() {
  const [secret, setSecret] = useState("");
  const [until, setUntil] = useState("");
  const [asking, setAsking] = useState(false);
  const [busy, fault, run] = useWork();
  const show = (ask: typeof wire.secret) =>
    run(async () => {
      const found = await ask();
      setSecret(found.secret);
      setUntil(found.previous_until ?? "");
    });
  return (
    <section class="panel" aria-labelledby="secret-title">
      <h2 id="secret-title">{t("secret.title")}</h2>
      <p class="hint">{t("secret.what")}</p>
      {secret && (
        <div class="row command">
          <code class="grow">{secret}</code>
          <Copy text={secret} label={t("secret.copy")} />
        </div>
      )}
      {until && <p class="hint">{t("secret.until", { when: moment(until) })}</p>}
      <div class="row">
        {!secret && (
          <Button icon="eye" disabled={busy} onClick={() => void show(wire.secret)}>
            {t("secret.show")}
          </Button>
        )}
        <Button icon="again" disabled={busy} onClick={() => setAsking(true)}>
          {t("secret.rotate")}
        </Button>
      </div>
      {asking && (
        <Confirm
          text={t("secret.sure")}
          yes={t("secret.rotate")}
          onYes={() => {
            setAsking(false);
            void show(wire.rotate);
          }}
          onNo={() => setAsking(false)}
        />
      )}
      {fault && (
        <Note kind="bad" alert>
          {fault}
        </Note>
      )}
    </section>
  );
}

function Trial() {
  const [url, setUrl] = useState("");
  const [outcome, setOutcome] = useState<{ good: boolean; text: string } | null>(null);
  const [busy, fault, run] = useWork();
  const send = () =>
    run(async () => {
      setOutcome(null);
      const took = await wire.test(url.trim());
      const good = took.error === undefined;
      const answer = took.status_code === undefined ? "" : String(took.status_code);
      const text = good
        ? t("trial.taken", { status: answer, ms: took.latency_ms })
        : t("trial.refused", { why: known(`attempt.${took.error}`, took.error ?? ""), status: answer, ms: took.latency_ms });
      setOutcome({ good, text });
    });
  return (
    <section class="panel" aria-labelledby="trial-title">
      <h2 id="trial-title">{t("trial.title")}</h2>
      <p class="hint">{t("trial.what")}</p>
      <form
        class="row"
        onSubmit={(event) => {
          event.preventDefault();
          if (url.trim()) void send();
        }}
      >
        <input
          id="trial-url"
          type="url"
          class="grow"
          aria-label={t("trial.address")}
          placeholder="https://example.com/hook"
          value={url}
          onInput={(event) => setUrl(event.currentTarget.value)}
        />
        <Button submit icon="send" busy={busy} disabled={busy || !url.trim()}>
          {t("trial.send")}
        </Button>
      </form>
      {outcome && (
        <Note kind={outcome.good ? "good" : "bad"} alert>
          {outcome.text}
        </Note>
      )}
      {fault && (
        <Note kind="bad" alert>
          {fault}
        </Note>
      )}
    </section>
  );
}

function Log() {
  const [items, setItems] = useState<Delivery[] | null>(null);
  const [cursor, setCursor] = useState<string | undefined>(undefined);
  const [fault, setFault] = useState("");
  useEvery(5, async (signal) => {
    if (items && items.length > 20) return;
    try {
      const found = await wire.deliveries();
      if (signal.aborted) return;
      setItems(found.items);
      setCursor(found.next_cursor);
      setFault("");
    } catch (error) {
      setFault(told(error));
    }
  });
  const more = async () => {
    const found = await wire.deliveries(cursor);
    setItems((before) => [...(before ?? []), ...found.items]);
    setCursor(found.next_cursor);
  };
  const replace = (fresh: Delivery) =>
    setItems((before) => (before ?? []).map((one) => (one.delivery_id === fresh.delivery_id ? fresh : one)));
  return (
    <section class="panel" aria-labelledby="log-title">
      <h2 id="log-title">{t("log.title")}</h2>
      {fault && <Note kind="warn">{fault}</Note>}
      {items?.length === 0 && <p class="hint">{t("log.none")}</p>}
      <ul class="log">
        {(items ?? []).map((item) => (
          <Line key={item.delivery_id} item={item} onChange={replace} />
        ))}
      </ul>
      {cursor && <Button onClick={() => void more()}>{t("more")}</Button>}
    </section>
  );
}

function Line({ item, onChange }: { item: Delivery; onChange: (fresh: Delivery) => void }) {
  const [busy, fault, run] = useWork();
  const resend = () => run(async () => onChange(await wire.resend(item.delivery_id)));
  return (
    <li>
      <div class="row">
        <span class={`badge ${item.status}`}>{t(`delivery.${item.status}`)}</span>
        <span class="grow">
          <span class="mono break">{item.url}</span>
          <span class="hint">
            {item.event.replace("prediction.task.", "")} · <a href={href("task", item.task_id)}>{t("log.task")}</a> ·{" "}
            <span title={moment(item.created_at)}>{ago(item.created_at)}</span>
            {item.next_attempt_at && ` · ${t("log.next", { when: moment(item.next_attempt_at) })}`}
          </span>
        </span>
        <Button icon="again" disabled={busy} onClick={() => void resend()}>
          {t("log.resend")}
        </Button>
      </div>
      {item.attempts.length > 0 && (
        <details class="fold">
          <summary>{t("log.attempts", { n: item.attempts.length })}</summary>
          <ol>
            {item.attempts.map((attempt) => (
              <li key={attempt.number} value={attempt.number}>
                {moment(attempt.at)} · {attempt.status_code ?? "–"} ·{" "}
                {attempt.error ? known(`attempt.${attempt.error}`, attempt.error) : t("delivery.delivered")}
                {attempt.latency_ms !== undefined && ` · ${attempt.latency_ms} ms`}
              </li>
            ))}
          </ol>
        </details>
      )}
      {fault && <Note kind="bad">{fault}</Note>}
    </li>
  );
}
