// Prompts to begin with. Their pictures were made by the studio engine from these very words.

import { batch } from "@preact/signals";
import balloon from "../assets/balloon.webp";
import clay from "../assets/clay.webp";
import fox from "../assets/fox.webp";
import ink from "../assets/ink.webp";
import lighthouse from "../assets/lighthouse.webp";
import night from "../assets/night.webp";
import photo from "../assets/photo.webp";
import pond from "../assets/pond.jpg";
import street from "../assets/street.webp";
import { limitsOnceKnown, set } from "./draft";
import { add, clear } from "./media";
import { language } from "./speech";

type Sample = "" | "clip" | "picture";

interface Example {
  name: string;
  picture: string;
  sample: Sample;
  en: string;
  zh: string;
}

export const EXAMPLES: Example[] = [
  {
    name: "clay",
    picture: clay,
    sample: "clip",
    en: "Restyle the source video into a clay-animation look while preserving the original motion feel",
    zh: "把原视频变成黏土动画风格，保留原有的动作感觉",
  },
  {
    name: "fox",
    picture: fox,
    sample: "",
    en: "A red fox walks through falling snow in a forest, slow push in",
    zh: "一只红狐狸在森林里的飘雪中行走，镜头缓缓推近",
  },
  {
    name: "photo",
    picture: photo,
    sample: "picture",
    en: "Start from <<<image_1>>>: a slow push in, the water ripples and fog drifts over the pond",
    zh: "从 <<<image_1>>> 开始：镜头缓缓推近，水面泛起涟漪，薄雾飘过池塘",
  },
  {
    name: "lighthouse",
    picture: lighthouse,
    sample: "",
    en: "A lighthouse on a cliff at dusk, waves, slow pan left",
    zh: "黄昏时悬崖上的灯塔，海浪，镜头缓缓左摇",
  },
  {
    name: "ink",
    picture: ink,
    sample: "clip",
    en: "Turn the video into a Chinese ink wash painting, with falling snow",
    zh: "把视频变成中国水墨画，下着雪",
  },
  {
    name: "balloon",
    picture: balloon,
    sample: "",
    en: "Three hot air balloons drift over mountains at golden hour",
    zh: "黄金时刻，三个热气球飘过群山",
  },
  {
    name: "night",
    picture: night,
    sample: "clip",
    en: "Make it a starry night, cinematic science fiction",
    zh: "变成星空之夜，电影感的科幻风格",
  },
  {
    name: "street",
    picture: street,
    sample: "",
    en: "A paper boat sails down a rainy city street at night",
    zh: "夜晚，一只纸船在下雨的城市街道上漂流",
  },
];

/** The words in the page's language. */
export function words(example: Example): string {
  return example[language.value];
}

/** Put an example's words, and the sample that it speaks of, into the form. */
export async function apply(example: Example): Promise<void> {
  batch(() => {
    clear();
    set("prompt", words(example));
  });
  if (!example.sample) return;
  const [address, name] = example.sample === "clip" ? ["/samples/pond.mp4", "pond.mp4"] : [pond, "pond.jpg"];
  const got = await fetch(address);
  const blob = await got.blob();
  add([new File([blob], name, { type: blob.type })], limitsOnceKnown(), 7);
}
