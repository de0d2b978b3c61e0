// Code: the request on the form, or a task's, as others would send it.

import { useEffect, useState } from "preact/hooks";
import * as draft from "../core/draft";
import { href } from "../core/route";
import { key, masked } from "../core/session";
import { command, curl, python, type Spoken } from "../core/snippets";
import { t } from "../core/speech";
import { page, wire, type Asked } from "../core/wire";
import { Bar, Button, Copy, Note, told } from "../parts/small";

type Tongue = "curl" | "python" | "cli";

export function Code({ id }: { id: string }) {
  const [tongue, setTongue] = useState<Tongue>("curl");
  const [open, setOpen] = useState(false);
  const [of, setOf] = useState<Asked | null>(null);
  const [fault, setFault] = useState("");
  useEffect(() => {
    setOf(null);
    setFault("");
    if (!id) return;
    wire
      .task(id)
      .then((task) => setOf(task.request ?? null))
      .catch((error: unknown) => setFault(told(error)));
  }, [id]);

  const asked = id ? of : { model: draft.slug.value, body: draft.body.value };
  if (fault) return <Note kind="bad">{fault}</Note>;
  if (!asked) return <p class="hint center">{t("loading")}</p>;
  const { "Idempotency-Key": _, ...headers } = draft.headers("");
  const spoken: Spoken = {
    origin: page.base,
    slug: asked.model,
    body: asked.body,
    headers: id ? {} : headers,
    key: key.value,
  };
  const said = speak(tongue, { ...spoken, key: open ? key.value : masked(key.value) });
  const exact = speak(tongue, spoken);
  return (
    <div class="code narrow">
      <div class="row spread">
        <h1>{t("nav.code")}</h1>
        <Bar
          name="tongue"
          label={t("code.tongue")}
          hideLabel
          value={tongue}
          onPick={setTongue}
          options={[
            { value: "curl", text: "curl" },
            { value: "python", text: "Python" },
            { value: "cli", text: t("code.cli") },
          ]}
        />
      </div>
      <p class="hint">
        {id ? t("code.ofTask") : t("code.ofDraft")} {id ? <a href={href("task", id)}>{id}</a> : <a href={href("create")}>{t("nav.create")}</a>}
      </p>
      {!asked.body["prompt"] && <Note kind="info">{t("create.writeFirst")}</Note>}
      <div class="panel source">
        <div class="row end">
          <Button kind="quiet" icon="eye" pressed={open} onClick={() => setOpen(!open)} id="reveal">
            {t(open ? "key.hide" : "key.reveal")}
          </Button>
          <Copy text={exact.text} label={t("code.copy")} />
        </div>
        <pre tabIndex={0} aria-label={t("nav.code")}>
          <code id="snippet">{said.text}</code>
        </pre>
      </div>
      {said.without.length > 0 && <Note kind="warn">{t("code.without", { fields: said.without.join(", ") })}</Note>}
      <p class="hint">
        {t("code.copyHint")} <a href="/docs">{t("code.reference")}</a>
      </p>
    </div>
  );
}

function speak(tongue: Tongue, spoken: Spoken): { text: string; without: string[] } {
  if (tongue === "cli") return command(spoken);
  return { text: tongue === "curl" ? curl(spoken) : python(spoken), without: [] };
}
