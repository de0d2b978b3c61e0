import { expect, test } from "vitest";
import { en } from "./messages.en";
import { zh } from "./messages.zh";

const places = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort();

// Made at run time, from words of the schema, the server or the state.
const FAMILIES = /^(attempt|check|delivery|fault|field|help|look|nav|option|role|rule|stage|status|task\.way|kind)\./;

test("every sentence has the same places to fill in both languages", () => {
  for (const [name, text] of Object.entries(en)) expect([name, places(zh[name as keyof typeof en])]).toEqual([name, places(text)]);
});

test("no sentence is there for nothing", () => {
  const modules = import.meta.glob<string>(["../**/*.ts", "../**/*.tsx", "!../**/messages.*", "!../**/*.test.ts"], {
    query: "?raw",
    import: "default",
    eager: true,
  });
  const sources = Object.values(modules).join("\n");
  expect(sources.length).toBeGreaterThan(10_000);
  expect(Object.keys(en).filter((name) => !FAMILIES.test(name) && !sources.includes(`"${name}"`))).toEqual([]);
});
