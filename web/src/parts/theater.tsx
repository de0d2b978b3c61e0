// One video, or two that run as one: a player with frames, and before against after behind a line to drag.

import { useEffect, useRef, useState } from "preact/hooks";
import type { ComponentChildren, RefObject } from "preact";
import { t } from "../core/speech";
import { Bar, Button } from "./small";

export type View = "result" | "slider" | "sides";

interface Reel {
  src: string;
  poster: string;
}

const SPEEDS = [0.25, 0.5, 1, 2];
const STEP = 5;

export function Theater(props: {
  after: Reel;
  before: Omit<Reel, "poster"> | null;
  fps: number;
  width: number;
  height: number;
  seekTo: number | null;
  /** What the two are called. */
  names: { before: string; after: string };
  /** Stands beside the choice of views. */
  beside: ComponentChildren;
  onGone: () => void;
}) {
  const after = useRef<HTMLVideoElement>(null);
  const before = useRef<HTMLVideoElement>(null);
  const stage = useRef<HTMLDivElement>(null);
  const [view, setView] = useState<View>(props.before ? "slider" : "result");
  const [split, setSplit] = useState(50);
  const shown: View = props.before ? view : "result";
  const state = usePlaying(after, before, props.fps);
  useEffect(() => {
    if (props.seekTo !== null) state.seek(props.seekTo);
  }, [props.seekTo]);

  const press = useRef((_: KeyboardEvent) => {});
  press.current = (event) => {
    const act = meant(event) ? shortcuts(state, stage)[event.key] : undefined;
    if (!act) return;
    event.preventDefault();
    act();
  };
  useEffect(() => {
    const heard = (event: KeyboardEvent) => press.current(event);
    document.addEventListener("keydown", heard);
    return () => document.removeEventListener("keydown", heard);
  }, []);

  return (
    <div class="theater">
      <div
        ref={stage}
        class={`stage ${shown}`}
        style={{ "--ratio": `${props.width} / ${props.height}`, "--tall": `${props.width / props.height}`, "--split": `${split}%` }}
      >
        {props.before && (
          <video
            ref={before}
            class="before"
            src={props.before.src}
            muted
            playsInline
            preload="auto"
            tabIndex={-1}
            aria-label={props.names.before}
            onError={props.onGone}
            hidden={shown === "result"}
          />
        )}
        <video
          ref={after}
          class="after"
          src={props.after.src}
          // A poster is of some moment of its own: beside the source's first frame it would compare two moments.
          poster={props.before ? undefined : props.after.poster || undefined}
          playsInline
          preload="auto"
          tabIndex={-1}
          aria-label={props.names.after}
          onClick={shown === "slider" ? undefined : state.toggle}
        />
        {shown !== "result" && (
          <>
            <span class="side left">{props.names.before}</span>
            <span class="side right">{props.names.after}</span>
          </>
        )}
        {shown === "slider" && <Line split={split} onMove={setSplit} stage={stage} />}
      </div>
      <Transport state={state} stage={stage} />
      <div class="row views">
        {props.before && (
          <Bar
            name="view"
            label={t("player.view")}
            hideLabel
            value={view}
            onPick={setView}
            options={[
              { value: "slider", text: t("player.slider"), icon: "slider" },
              { value: "sides", text: t("player.sides"), icon: "sides" },
              { value: "result", text: t("player.only"), icon: "film" },
            ]}
          />
        )}
        {props.beside}
      </div>
    </div>
  );
}

/** Whether a key pressed somewhere on the page is meant for the player. */
function meant(event: KeyboardEvent): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  const target = event.target as HTMLElement;
  if (target.closest("textarea, select, dialog, input:not([type=range], [type=radio])")) return false;
  if (event.key === " " && target.closest("button, a, summary, input")) return false;
  return !(target.closest("input, [role=slider]") && /^(Arrow|Home|End|Page)/.test(event.key));
}

type Stage = RefObject<HTMLDivElement | null>;

function Line({ split, onMove, stage }: { split: number; onMove: (to: number) => void; stage: Stage }) {
  const drag = (event: PointerEvent) => {
    const box = stage.current?.getBoundingClientRect();
    if (box) onMove(bounded(((event.clientX - box.left) / box.width) * 100));
  };
  useEffect(() => {
    const area = stage.current;
    if (!area) return;
    const down = (event: PointerEvent) => {
      if (event.button !== 0) return;
      area.setPointerCapture(event.pointerId);
      drag(event);
    };
    const moved = (event: PointerEvent) => {
      if (area.hasPointerCapture(event.pointerId)) drag(event);
    };
    area.addEventListener("pointerdown", down);
    area.addEventListener("pointermove", moved);
    return () => {
      area.removeEventListener("pointerdown", down);
      area.removeEventListener("pointermove", moved);
    };
  }, []);
  const onKeyDown = (event: KeyboardEvent) => {
    const step = event.shiftKey ? STEP * 2 : STEP;
    const to: Record<string, number> = {
      ArrowLeft: split - step,
      ArrowDown: split - step,
      ArrowRight: split + step,
      ArrowUp: split + step,
      PageDown: split - 20,
      PageUp: split + 20,
      Home: 0,
      End: 100,
    };
    const wanted = to[event.key];
    if (wanted === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    onMove(bounded(wanted));
  };
  return (
    <div
      class="line"
      role="slider"
      tabIndex={0}
      aria-label={t("player.line")}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(split)}
      aria-valuetext={t("player.lineAt", { n: Math.round(split) })}
      onKeyDown={onKeyDown}
    >
      <span class="grip" aria-hidden="true" />
    </div>
  );
}

function bounded(value: number): number {
  return Math.min(100, Math.max(0, value));
}

interface Playing {
  playing: boolean;
  time: number;
  length: number;
  frame: number;
  frames: number;
  loop: boolean;
  muted: boolean;
  speed: number;
  toggle: () => void;
  seek: (seconds: number) => void;
  step: (frames: number) => void;
  setLoop: (on: boolean) => void;
  setMuted: (on: boolean) => void;
  setSpeed: (speed: number) => void;
}

type Video = RefObject<HTMLVideoElement | null>;

/** Runs the second video by the first one's clock. */
function usePlaying(lead: Video, second: Video, fps: number): Playing {
  const [playing, setPlaying] = useState(false);
  const [time, setTime] = useState(0);
  const [length, setLength] = useState(0);
  const [loop, setLoop] = useState(true);
  const [muted, setMuted] = useState(false);
  const [speed, setSpeed] = useState(1);

  useEffect(() => {
    const video = lead.current;
    if (!video) return;
    const measure = () => setLength(Number.isFinite(video.duration) ? video.duration : 0);
    const began = () => {
      setPlaying(true);
      void second.current?.play().catch(() => undefined);
    };
    const halted = () => {
      setPlaying(false);
      if (second.current) {
        second.current.pause();
        second.current.currentTime = video.currentTime;
      }
      setTime(video.currentTime);
    };
    const sought = () => {
      if (second.current) second.current.currentTime = video.currentTime;
      setTime(video.currentTime);
    };
    const pairs = [
      ["loadedmetadata", measure],
      ["durationchange", measure],
      ["play", began],
      ["pause", halted],
      ["ended", halted],
      ["seeking", sought],
    ] as const;
    for (const [name, heard] of pairs) video.addEventListener(name, heard);
    measure();
    return () => {
      for (const [name, heard] of pairs) video.removeEventListener(name, heard);
    };
  }, []);

  useEffect(() => {
    if (!playing) return;
    let turn = 0;
    const tick = () => {
      const video = lead.current;
      if (video) {
        setTime(video.currentTime);
        follow(video, second.current, speed, fps);
      }
      turn = requestAnimationFrame(tick);
    };
    turn = requestAnimationFrame(tick);
    return () => cancelAnimationFrame(turn);
  }, [playing, speed]);

  useEffect(() => {
    for (const video of [lead.current, second.current]) {
      if (!video) continue;
      video.playbackRate = speed;
    }
    if (!lead.current) return;
    lead.current.loop = loop;
    lead.current.muted = muted;
  });

  const seek = (seconds: number) => {
    const video = lead.current;
    if (video) video.currentTime = Math.min(Math.max(0, seconds), video.duration || 0);
  };
  const frames = Math.max(1, Math.round(length * fps));
  const frame = Math.min(frames - 1, Math.floor(time * fps + 0.01));
  return {
    playing,
    time,
    length,
    frame,
    frames,
    loop,
    muted,
    speed,
    toggle: () => {
      const video = lead.current;
      if (!video) return;
      if (video.paused) void video.play().catch(() => undefined);
      else video.pause();
    },
    seek,
    step: (by) => {
      lead.current?.pause();
      // The middle of a frame, so that rounding cannot show its neighbour.
      seek((Math.min(frames - 1, Math.max(0, frame + by)) + 0.5) / fps);
    },
    setLoop,
    setMuted,
    setSpeed,
  };
}

/** Small drifts are run off by a slightly different pace, larger ones jumped. */
function follow(lead: HTMLVideoElement, second: HTMLVideoElement | null, speed: number, fps: number): void {
  if (!second || second.seeking || second.readyState < 2) return;
  // A shorter one waits at its end.
  if (lead.currentTime > second.duration - 0.5 / fps) return;
  const drift = second.currentTime - lead.currentTime;
  if (Math.abs(drift) > 0.25) {
    second.currentTime = lead.currentTime;
    second.playbackRate = speed;
  } else {
    second.playbackRate = Math.abs(drift) > 0.5 / fps ? speed * (drift > 0 ? 0.95 : 1.05) : speed;
  }
  if (second.paused && !lead.paused) void second.play().catch(() => undefined);
}

function shortcuts(state: Playing, stage: Stage): Record<string, () => void> {
  return {
    " ": state.toggle,
    k: state.toggle,
    ArrowLeft: () => state.step(-1),
    ArrowRight: () => state.step(1),
    ",": () => state.step(-1),
    ".": () => state.step(1),
    Home: () => state.seek(0),
    End: () => state.seek(state.length),
    m: () => state.setMuted(!state.muted),
    l: () => state.setLoop(!state.loop),
    f: () => full(stage),
  };
}

function full(stage: Stage): void {
  if (document.fullscreenElement) void document.exitFullscreen();
  else void stage.current?.requestFullscreen?.().catch(() => undefined);
}

function Transport({ state, stage }: { state: Playing; stage: Stage }) {
  return (
    <div class="transport" role="group" aria-label={t("player.controls")}>
      <Button
        kind="quiet"
        icon={state.playing ? "pause" : "play"}
        label={t(state.playing ? "player.pause" : "player.play")}
        keys="Space"
        id="play"
        onClick={state.toggle}
      />
      <Button kind="quiet" icon="back" label={t("player.frameBack")} keys="," onClick={() => state.step(-1)} />
      <Button kind="quiet" icon="forth" label={t("player.frameForth")} keys="." onClick={() => state.step(1)} />
      <input
        class="grow seek"
        type="range"
        min={0}
        max={Math.max(1, state.frames - 1)}
        step={1}
        value={state.frame}
        aria-label={t("player.position")}
        aria-valuetext={t("player.frameOf", { n: state.frame + 1, of: state.frames })}
        style={{ "--done": `${(100 * state.frame) / Math.max(1, state.frames - 1)}%` }}
        onInput={(event) => state.step(Number(event.currentTarget.value) - state.frame)}
      />
      <span class="clock" id="clock">
        {state.time.toFixed(2)} / {state.length.toFixed(2)} <span class="hint">#{state.frame + 1}</span>
      </span>
      <select
        class="speed"
        aria-label={t("player.speed")}
        value={String(state.speed)}
        onChange={(event) => state.setSpeed(Number(event.currentTarget.value))}
      >
        {SPEEDS.map((speed) => (
          <option key={speed} value={String(speed)}>{`${speed}×`}</option>
        ))}
      </select>
      <Button kind="quiet" icon="loop" label={t("player.loop")} pressed={state.loop} onClick={() => state.setLoop(!state.loop)} />
      <Button
        kind="quiet"
        icon={state.muted ? "mute" : "sound"}
        label={t("player.mute")}
        pressed={state.muted}
        onClick={() => state.setMuted(!state.muted)}
      />
      <Button kind="quiet" icon="full" label={t("player.full")} keys="f" onClick={() => full(stage)} />
    </div>
  );
}
