import { expect, test } from "vitest";
import { fields, holds, length, type Schema } from "./schema";

const SCHEMA: Schema = {
  type: "object",
  required: ["prompt"],
  properties: {
    prompt: { type: "string", minLength: 1, maxLength: 5 },
    videos: { type: ["array", "null"], minItems: 1, maxItems: 1, items: { type: "string" } },
    sound: { type: ["string", "null"], enum: ["on", "off", null], default: "off" },
    multi_shot: { type: ["boolean", "null"] },
    shot_type: { type: ["string", "null"], enum: ["intelligence", null] },
    duration: { type: ["integer", "null"], default: 5 },
    engine: { type: "null" },
  },
  allOf: [
    {
      if: { required: ["videos"], properties: { videos: { not: { type: "null" } } } },
      then: { properties: { duration: { type: "null" }, sound: { enum: ["off", null] } } },
      "x-rule-id": "videos",
    },
    {
      if: { properties: { videos: { type: "null" } } },
      then: { properties: { duration: { enum: [5, 10, null] } } },
    },
    {
      if: { required: ["multi_shot"], properties: { multi_shot: { const: true } } },
      then: { required: ["shot_type"], properties: { shot_type: { not: { type: "null" } } } },
    },
  ],
};

const of = (name: string, values: Record<string, unknown>) => fields(SCHEMA, values).find((one) => one.name === name);

test("characters are counted as the server counts them", () => {
  expect(length("a🦊é")).toBe(3);
  expect(holds({ maxLength: 1 }, "🦊")).toBe(true);
});

test("a value keeps a schema or does not", () => {
  expect(holds(SCHEMA, { prompt: "fox" })).toBe(true);
  expect(holds(SCHEMA, {})).toBe(false);
  expect(holds(SCHEMA, { prompt: "a fox walks" })).toBe(false);
  expect(holds(SCHEMA, { prompt: "fox", duration: 7 })).toBe(false);
  expect(holds(SCHEMA, { prompt: "fox", videos: ["x"], duration: 5 })).toBe(false);
  expect(holds(SCHEMA, { prompt: "fox", multi_shot: true })).toBe(false);
  expect(holds({ contains: { const: "a" }, minContains: 0, maxContains: 1 }, ["a", "a"])).toBe(false);
});

test("a rule closes a field, and says which rule it is", () => {
  expect(of("duration", { videos: ["x"] })?.closedBy?.["x-rule-id"]).toBe("videos");
  expect(of("duration", {})?.closedBy).toBeNull();
});

test("a rule leaves fewer choices", () => {
  expect(of("sound", {})?.options).toEqual(["on", "off"]);
  expect(of("sound", { videos: ["x"] })?.options).toEqual(["off"]);
  expect(of("duration", {})?.options).toEqual([5, 10]);
});

test("a rule may demand a field", () => {
  expect(of("shot_type", {})?.required).toBe(false);
  expect(of("shot_type", { multi_shot: true })?.required).toBe(true);
});

test("a field that is never taken is closed", () => {
  expect(of("engine", {})?.closedBy).not.toBeNull();
});
