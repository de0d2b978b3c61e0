import { expect, test } from "vitest";
import { command, curl, python } from "./snippets";

const SPOKEN = {
  origin: "http://127.0.0.1:8000",
  slug: "kling/kling-video-o1",
  body: { prompt: "it's $HOME `x`\n\"雪\"", images: ["https://a/b?c=1&d=2"], mode: "std", multi_shot: true, image_types: ["reference"] },
  headers: { "X-Webhook-URL": "https://example.com/hook" },
  key: "omr_live_x",
};

test("a shell finds nothing to read in the words", () => {
  expect(curl(SPOKEN)).toContain(`it'\\''s $HOME`);
  expect(command(SPOKEN).text).toContain(`generate 'it'\\''s $HOME \`x\`\n"雪"'`);
});

test("what there is no flag for is named", () => {
  expect(command(SPOKEN).without).toEqual(["image_types"]);
});

test("Python has its own words for true and for one video", () => {
  const text = python({ ...SPOKEN, body: { prompt: "p", videos: ["https://v"], multi_shot: true } });
  expect(text).toContain("        multi_shot=True,");
  expect(text).toContain('        video="https://v",');
  expect(text).toContain('        webhook_url="https://example.com/hook",');
});
