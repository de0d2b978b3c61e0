// Gallery: everything the team has asked for, newest first.

import { useEffect, useRef, useState } from "preact/hooks";
import { fill } from "../core/draft";
import { ended } from "../core/follow";
import { go, href } from "../core/route";
import { ago, t } from "../core/speech";
import { local, wire, type Status, type Task } from "../core/wire";
import { Icon } from "../parts/icon";
import { Bar, Button, Confirm, Note, told, useEvery } from "../parts/small";
import { Badge } from "./task";

const PAGE = 24;
const FILTERS: (Status | "")[] = ["", "success", "processing", "pending", "failed", "canceled"];

interface Shelf {
  tasks: Task[];
  cursor: string | undefined;
  loaded: boolean;
  fault: string;
}

const EMPTY: Shelf = { tasks: [], cursor: undefined, loaded: false, fault: "" };

export function Gallery() {
  const [filter, setFilter] = useState<Status | "">("");
  const [shelf, setShelf] = useState<Shelf>(EMPTY);
  const grid = useRef<HTMLUListElement>(null);
  /** The card that Tab comes to, by its task. */
  const [at, setAt] = useState("");
  const [forgetting, setForgetting] = useState<Task | null>(null);
  const tabbed = shelf.tasks.some((task) => task.task_id === at) ? at : shelf.tasks[0]?.task_id;

  useEffect(() => {
    setShelf(EMPTY);
    setAt("");
  }, [filter]);

  // The first page again and again, so that what is going moves; what came before it stays as it was.
  useEvery(
    3,
    async (signal) => {
      try {
        const page = await wire.tasks(filter, undefined, PAGE, signal);
        if (signal.aborted) return;
        setShelf((before) => {
          const fresh = new Set(page.items.map((task) => task.task_id));
          const older = before.tasks.length > PAGE ? before.tasks.filter((task) => !fresh.has(task.task_id)) : [];
          const cursor = older.length ? before.cursor : page.next_cursor;
          return { tasks: [...page.items, ...older], cursor, loaded: true, fault: "" };
        });
      } catch (error) {
        if (!signal.aborted) setShelf((before) => ({ ...before, fault: told(error) }));
      }
    },
    [filter],
  );

  const more = async () => {
    try {
      const page = await wire.tasks(filter, shelf.cursor, PAGE);
      setShelf((before) => {
        const known = new Set(before.tasks.map((task) => task.task_id));
        const added = page.items.filter((task) => !known.has(task.task_id));
        return { ...before, tasks: [...before.tasks, ...added], cursor: page.next_cursor };
      });
    } catch (error) {
      setShelf((before) => ({ ...before, fault: told(error) }));
    }
  };

  const focus = (place: number) => {
    const cards = grid.current?.querySelectorAll<HTMLElement>("a.card") ?? [];
    const to = Math.min(cards.length - 1, Math.max(0, place));
    cards[to]?.focus();
  };
  const remix = (task: Task) => {
    if (!task.request) return;
    fill(task.request);
    go("create");
  };
  const onKey = (event: KeyboardEvent, place: number, task: Task) => {
    const wide = columns(grid.current);
    const moves: Record<string, number> = {
      ArrowRight: place + 1,
      ArrowLeft: place - 1,
      ArrowDown: place + wide,
      ArrowUp: place - wide,
      Home: 0,
      End: shelf.tasks.length - 1,
    };
    const to = moves[event.key];
    if (to !== undefined) focus(to);
    else if (event.key === "r") remix(task);
    else if (event.key === "Delete" && ended(task)) setForgetting(task);
    else return;
    event.preventDefault();
  };
  const forget = async (task: Task) => {
    setForgetting(null);
    try {
      await wire.forget(task.task_id);
      setShelf((before) => ({ ...before, tasks: before.tasks.filter((one) => one.task_id !== task.task_id) }));
    } catch (error) {
      setShelf((before) => ({ ...before, fault: told(error) }));
    }
  };

  return (
    <div class="gallery">
      <div class="row spread">
        <h1>{t("nav.gallery")}</h1>
        <Bar
          name="filter"
          label={t("gallery.filter")}
          hideLabel
          value={filter}
          onPick={setFilter}
          options={FILTERS.map((value) => ({ value, text: value ? t(`status.${value}`) : t("gallery.all") }))}
        />
      </div>
      {shelf.fault && <Note kind="warn">{shelf.fault}</Note>}
      {!shelf.loaded && !shelf.fault && <p class="hint center">{t("loading")}</p>}
      {shelf.loaded && !shelf.tasks.length && <Nothing filtered={filter !== ""} />}
      <ul class="grid" ref={grid} aria-label={t("gallery.list")}>
        {shelf.tasks.map((task, place) => (
          <li key={task.task_id}>
            <Card
              task={task}
              tabbable={task.task_id === tabbed}
              onFocus={() => setAt(task.task_id)}
              onKey={(event) => onKey(event, place, task)}
            />
            <Button kind="quiet" icon="remix" label={t("task.remix")} onClick={() => remix(task)} />
          </li>
        ))}
      </ul>
      {shelf.cursor && (
        <div class="row center">
          <Button onClick={() => void more()}>{t("more")}</Button>
        </div>
      )}
      {shelf.tasks.length > 0 && <p class="hint center wide-only">{t("gallery.keys")}</p>}
      {forgetting && (
        <Confirm
          text={t("task.forgetSure")}
          yes={t("task.forget")}
          onYes={() => void forget(forgetting)}
          onNo={() => setForgetting(null)}
        />
      )}
    </div>
  );
}

/** How many cards stand in a row. */
function columns(grid: HTMLElement | null): number {
  return grid ? getComputedStyle(grid).gridTemplateColumns.split(" ").length : 1;
}

function Nothing({ filtered }: { filtered: boolean }) {
  return (
    <div class="panel nothing">
      <Icon name="film" />
      <p>{t(filtered ? "gallery.noneSuch" : "gallery.none")}</p>
      {!filtered && (
        <a class="button main" href={href("create")}>
          <Icon name="create" />
          <span>{t("nav.create")}</span>
        </a>
      )}
    </div>
  );
}

function Card(props: { task: Task; tabbable: boolean; onFocus: () => void; onKey: (event: KeyboardEvent) => void }) {
  const { task } = props;
  const [lively, setLively] = useState(false);
  const resources = task.result?.resources ?? [];
  const video = resources.find((one) => one.type === "video");
  const poster = resources.find((one) => one.role === "poster");
  const prompt = String(task.request?.body["prompt"] ?? task.task_id);
  const kind = task.task_id.split("-")[1] ?? "t2v";
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  return (
    <a
      class={`card ${task.status}`}
      href={href("task", task.task_id)}
      tabIndex={props.tabbable ? 0 : -1}
      aria-keyshortcuts="r Delete"
      onFocus={() => {
        props.onFocus();
        setLively(true);
      }}
      onBlur={() => setLively(false)}
      onMouseEnter={() => setLively(true)}
      onMouseLeave={() => setLively(false)}
      onKeyDown={props.onKey}
    >
      <span class="picture">
        {video && lively && !still ? (
          <video src={local(video.url)} poster={poster ? local(poster.url) : undefined} muted loop autoPlay playsInline />
        ) : poster ? (
          <img src={local(poster.url)} alt="" loading="lazy" decoding="async" />
        ) : (
          <span class="blank">
            <Icon name={task.status === "failed" ? "warn" : "film"} />
            {task.status === "processing" && <progress max={1} value={task.progress ?? 0} aria-label={t("task.progress")} />}
          </span>
        )}
        <span class="tag">{t(kind === "v2v" ? "kind.v2v" : kind === "i2v" ? "kind.i2v" : "kind.t2v")}</span>
        {task.status === "success" ? <span class="unseen">{t("status.success")}</span> : <Badge status={task.status} />}
      </span>
      <span class="caption">
        <span class="words">{prompt}</span>
        <span class="hint">{ago(task.created_at)}</span>
      </span>
    </a>
  );
}
