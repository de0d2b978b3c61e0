// Line icons on a grid of 24.

const PATHS = {
  create: "M12 5v14M5 12h14",
  gallery: "M4 5h7v6H4zM13 5h7v6h-7zM4 13h7v6H4zM13 13h7v6h-7z",
  code: "M8 7l-5 5 5 5M16 7l5 5-5 5M14 4l-4 16",
  webhooks: "M15 7a4 4 0 1 0-3.5 4H11l-7 7v3h3v-2h2v-2h2l2-2",
  status: "M3 12h4l3-8 4 16 3-8h4",
  sun: "M12 8a4 4 0 1 1 0 8 4 4 0 0 1 0-8zM12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.4 1.4M17.6 17.6L19 19M5 19l1.4-1.4M17.6 6.4L19 5",
  moon: "M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5z",
  auto: "M3 5h18v11H3zM8 20h8M12 16v4",
  play: "M7 4.5v15l12-7.5z",
  pause: "M8 5v14M16 5v14",
  back: "M17 5v14l-9-7zM6 5v14",
  forth: "M7 5v14l9-7zM18 5v14",
  loop: "M4 12a6 6 0 0 1 6-6h8l-3-3M20 12a6 6 0 0 1-6 6H6l3 3",
  sound: "M4 9v6h4l5 4V5L8 9zM16.5 8.5a5 5 0 0 1 0 7M19 6a8.5 8.5 0 0 1 0 12",
  mute: "M4 9v6h4l5 4V5L8 9zM17 9.5l5 5M22 9.5l-5 5",
  full: "M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5",
  download: "M12 4v11M7 11l5 5 5-5M5 20h14",
  image: "M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15.5 9.5h.01",
  film: "M4 5h16v14H4zM8 5v14M16 5v14M4 9.7h4M4 14.3h4M16 9.7h4M16 14.3h4",
  link: "M10 14a4 4 0 0 0 6 .4l3-3a4 4 0 0 0-5.7-5.7l-1.6 1.6M14 10a4 4 0 0 0-6-.4l-3 3a4 4 0 0 0 5.7 5.7l1.6-1.6",
  close: "M6 6l12 12M18 6L6 18",
  check: "M5 12.5l4.5 4.5L19 7.5",
  warn: "M12 4l9 16H3zM12 10v4M12 17h.01",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
  remix: "M4 17h4l8-10h4M4 7h4l2 2.5M13.5 14.5L16 17h4M17 4l3 3-3 3M17 14l3 3-3 3",
  bin: "M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13M10 11v5M14 11v5",
  left: "M14 6l-6 6 6 6",
  right: "M10 6l6 6-6 6",
  eye: "M2 12s3.5-6.5 10-6.5S22 12 22 12s-3.5 6.5-10 6.5S2 12 2 12zM12 9.5a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5z",
  send: "M4 12l16-8-6 16-2.5-6.5z",
  more: "M6 9l6 6 6-6",
  stop: "M6 6h12v12H6z",
  again: "M20 11a8 8 0 1 0-.6 4M20 5v6h-6",
  slider: "M12 3v18M8 8l-4 4 4 4M16 8l4 4-4 4",
  sides: "M3 5h8v14H3zM13 5h8v14h-8z",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}

export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="8" />
      <circle cx="16" cy="16" r="9.5" />
      <g>
        <circle cx="16" cy="16" r="2" />
        <circle cx="16" cy="10.6" r="1.9" />
        <circle cx="21.1" cy="14.3" r="1.9" />
        <circle cx="19.2" cy="20.4" r="1.9" />
        <circle cx="12.8" cy="20.4" r="1.9" />
        <circle cx="10.9" cy="14.3" r="1.9" />
      </g>
    </svg>
  );
}
