// Status: how the service is.

import { useState } from "preact/hooks";
import { bytes, known, number, span, t } from "../core/speech";
import { wire, type ServerStatus } from "../core/wire";
import { Icon } from "../parts/icon";
import { Note, told, useEvery } from "../parts/small";

export function StatusScreen() {
  const [status, setStatus] = useState<ServerStatus | null>(null);
  const [fault, setFault] = useState("");
  useEvery(3, async (signal) => {
    try {
      const found = await wire.status(signal);
      if (signal.aborted) return;
      setStatus(found);
      setFault("");
    } catch (error) {
      if (!signal.aborted) setFault(told(error));
    }
  });
  return (
    <div class="status narrow">
      <h1>{t("nav.status")}</h1>
      {fault && (
        <Note kind="warn" alert>
          {fault}
        </Note>
      )}
      {!status && !fault && <p class="hint center">{t("loading")}</p>}
      {status && <Board status={status} />}
    </div>
  );
}

function Board({ status }: { status: ServerStatus }) {
  const { queue, workers, disk } = status;
  return (
    <>
      <Note kind={status.ready ? "good" : "bad"}>{t(status.ready ? "state.ready" : "state.unready")}</Note>
      <div class="tiles">
        <Tile name={t("state.waiting")} value={number(queue.pending)} hint={waiting(status)} />
        <Tile name={t("state.working")} value={number(queue.processing)} hint={t("state.slots", { n: workers.slots })} />
        <Tile name={t("state.workers")} value={number(workers.live)} hint={workers.live ? "" : t("state.noWorker")} />
        <Tile name={t("state.disk")} value={bytes(disk.free_bytes)} hint={t("state.least", { size: bytes(disk.least_bytes) })} />
        <Tile name={t("state.sandbox")} value={status.sandbox.level} hint={status.sandbox.description} small />
        <Tile name={t("state.webhooks")} value={number(status.webhooks_pending)} hint="" />
      </div>
      <section class="panel" aria-labelledby="checks-title">
        <h2 id="checks-title">{t("state.checks")}</h2>
        <ul class="checks">
          {Object.entries(status.checks).map(([name, check]) => (
            <li key={name} class={check.ok ? "ok" : "bad"}>
              <Icon name={check.ok ? "check" : "warn"} />
              <span>{known(`check.${name}`, name)}</span>
              <span class="hint">{check.reason}</span>
              <span class="unseen">{t(check.ok ? "state.good" : "state.bad")}</span>
            </li>
          ))}
        </ul>
      </section>
      <section class="panel" aria-labelledby="about-title">
        <h2 id="about-title">{t("state.about")}</h2>
        <dl class="table">
          <Row name="Omnireel" value={status.version} />
          <Row name="Python" value={status.python} />
          <Row name={t("state.uptime")} value={span(status.uptime_seconds)} />
          <Row name={t("state.engines")} value={engines(status)} />
          <Row name={t("state.kept")} value={t("state.days", { n: number(status.retention_days, 1) })} />
          <Row name={t("state.metering")} value={t(status.metering ? "state.on" : "state.off")} />
        </dl>
      </section>
    </>
  );
}

function waiting({ queue }: ServerStatus): string {
  const most = t("state.most", { n: number(queue.most) });
  return queue.pending ? `${t("state.oldest", { span: span(queue.oldest_seconds) })} · ${most}` : most;
}

function engines(status: ServerStatus): string {
  return status.engines
    .map((name) => (name === status.default_engine ? `${name} (${t("state.default")})` : name))
    .join(", ");
}

function Tile(props: { name: string; value: string; hint: string; small?: boolean }) {
  return (
    <section class={`tile panel${props.small ? " small" : ""}`}>
      <h2 class="label">{props.name}</h2>
      <p class="figure">{props.value}</p>
      {props.hint && <p class="hint">{props.hint}</p>}
    </section>
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
