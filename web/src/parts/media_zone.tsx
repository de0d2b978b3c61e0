// Where pictures and the clip go in.

import { useRef, useState } from "preact/hooks";
import { form, limits, limitsOnceKnown } from "../core/draft";
import { add, addLink, images, move, remove, send, setRole, videos, type Entry, type Role } from "../core/media";
import { bytes, t } from "../core/speech";
import { Icon } from "./icon";
import { Button, Note } from "./small";

const ACCEPT = ".jpg,.jpeg,.png,.webp,.mp4,.m4v,.mov,.webm,image/jpeg,image/png,image/webp,video/mp4,video/quicktime,video/webm";

/** Take files in from anywhere; what to say of those refused. */
export function takeFiles(files: Iterable<File>): string {
  const most = form.value.find((field) => field.name === "images")?.most ?? 7;
  return add(files, limitsOnceKnown(), most);
}

export function MediaZone({ onFault, fault }: { onFault: (text: string) => void; fault: string }) {
  const picker = useRef<HTMLInputElement>(null);
  const [linking, setLinking] = useState(false);
  const entries = [...images.value, ...videos.value];
  return (
    <section class="media" aria-labelledby="media-title">
      <h2 id="media-title" class="label">
        {t("media.title")} <span class="hint">{t("media.optional")}</span>
      </h2>
      {entries.length > 0 && (
        <ul class="entries">
          {images.value.map((entry, place) => (
            <Card key={entry.id} entry={entry} place={place} count={images.value.length} />
          ))}
          {videos.value.map((entry, place) => (
            <Card key={entry.id} entry={entry} place={place} count={1} />
          ))}
        </ul>
      )}
      <div class="drop">
        <input
          ref={picker}
          id="picker"
          class="unseen"
          type="file"
          multiple
          accept={ACCEPT}
          tabIndex={-1}
          aria-label={t("media.pick")}
          onChange={(event) => {
            onFault(takeFiles([...(event.currentTarget.files ?? [])]));
            event.currentTarget.value = "";
          }}
        />
        <Button icon="image" onClick={() => picker.current?.click()}>
          {t("media.pick")}
        </Button>
        <Button kind="quiet" icon="link" onClick={() => setLinking(!linking)}>
          {t("media.link")}
        </Button>
        <p class="hint grow wide-only">{t("media.drop")}</p>
      </div>
      {linking && <LinkForm onDone={() => setLinking(false)} />}
      <MediaHints />
      {fault && (
        <Note kind="bad" alert>
          {fault}
        </Note>
      )}
    </section>
  );
}

function MediaHints() {
  const { image, video } = limits();
  if (!image.bytes || !video.bytes) return null;
  return (
    <details class="hint fold">
      <summary>{t("media.limits")}</summary>
      <ul>
        <li>
          {t("media.imageLimits", {
            formats: (image.formats ?? []).join(", "),
            size: bytes(image.bytes),
            least: image.min_side ?? 0,
            most: image.max_side ?? 0,
            shape: image.max_shape ?? 0,
          })}
        </li>
        <li>
          {t("media.videoLimits", {
            formats: (video.formats ?? []).join(", "),
            size: bytes(video.bytes),
            short: video.min_seconds ?? 0,
            long: video.max_seconds ?? 0,
            least: video.min_side ?? 0,
            most: video.max_side ?? 0,
            slow: video.min_fps ?? 0,
            fast: video.max_fps ?? 0,
          })}
        </li>
      </ul>
    </details>
  );
}

function LinkForm({ onDone }: { onDone: () => void }) {
  const [url, setUrl] = useState("");
  const good = /^https?:\/\/[^\s/]+/.test(url);
  const clip = /\.(mp4|mov|webm|m4v)(\?|#|$)/i.test(url);
  const take = (kind: "image" | "video") => {
    addLink(kind, url.trim());
    onDone();
  };
  return (
    <form
      class="row linkform"
      onSubmit={(event) => {
        event.preventDefault();
        if (good) take(clip ? "video" : "image");
      }}
    >
      <input
        type="url"
        class="grow"
        aria-label={t("media.linkLabel")}
        placeholder="https://example.com/harbour.jpg"
        value={url}
        onInput={(event) => setUrl(event.currentTarget.value)}
      />
      <Button disabled={!good} onClick={() => take("image")}>
        {t("media.asImage")}
      </Button>
      <Button disabled={!good} onClick={() => take("video")}>
        {t("media.asVideo")}
      </Button>
    </form>
  );
}

function Card({ entry, place, count }: { entry: Entry; place: number; count: number }) {
  const name = t(entry.kind === "image" ? "media.imageN" : "media.videoN", { n: place + 1 });
  const roles = form.value.find((field) => field.name === "image_types")?.options ?? [];
  return (
    <li class={`entry ${entry.state}`}>
      <div class="thumb">
        <Preview entry={entry} name={name} />
        <span class="tag">{name}</span>
        {entry.state === "sending" && (
          <progress max={1} value={entry.sent} aria-label={t("media.sending", { name: entry.name })} />
        )}
      </div>
      <div class="about">
        <span class="name" title={entry.name}>
          {entry.name}
        </span>
        <span class="hint">{entry.state === "checking" ? t("media.checking") : entry.facts}</span>
        {entry.fault && (
          <span class="fault" role="alert">
            {entry.fault}
          </span>
        )}
        {entry.kind === "image" && roles.length > 0 && (
          <select
            aria-label={t("media.roleOf", { name })}
            value={entry.role}
            onChange={(event) => setRole(entry, event.currentTarget.value as Role)}
          >
            <option value="">{t("role.auto")}</option>
            <option value="first_frame">{t("role.first_frame")}</option>
            <option value="last_frame">{t("role.last_frame")}</option>
            <option value="reference">{t("role.reference")}</option>
          </select>
        )}
      </div>
      <div class="tools">
        {entry.state === "refused" && entry.file && !entry.url && (
          <Button kind="quiet" icon="again" label={t("media.again", { name })} onClick={() => void send(entry)} />
        )}
        {entry.kind === "image" && count > 1 && place > 0 && (
          <Button kind="quiet" icon="left" label={t("media.earlier", { name })} onClick={() => move(entry, -1)} />
        )}
        {entry.kind === "image" && count > 1 && place < count - 1 && (
          <Button kind="quiet" icon="right" label={t("media.later", { name })} onClick={() => move(entry, 1)} />
        )}
        <Button kind="quiet" icon="close" label={t("media.remove", { name })} onClick={() => remove(entry)} />
      </div>
    </li>
  );
}

function Preview({ entry, name }: { entry: Entry; name: string }) {
  const [broken, setBroken] = useState(false);
  if (!entry.preview || broken) return <Icon name={entry.kind === "image" ? "image" : "film"} />;
  if (entry.kind === "image") return <img src={entry.preview} alt={name} onError={() => setBroken(true)} />;
  return (
    <video src={entry.preview} muted playsInline preload="metadata" aria-label={name} onError={() => setBroken(true)} />
  );
}
