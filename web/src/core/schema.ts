// The served JSON Schema: what a field may hold, and what follows for it from the other fields.

export interface MediaLimits {
  formats?: string[];
  bytes?: number;
  min_side?: number;
  max_side?: number;
  max_shape?: number;
  min_seconds?: number;
  max_seconds?: number;
  min_fps?: number;
  max_fps?: number;
}

/** As much of JSON Schema 2020-12 as the server's schemas use. */
export interface Schema {
  type?: string | string[];
  const?: unknown;
  enum?: unknown[];
  not?: Schema;
  required?: string[];
  properties?: Record<string, Schema>;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  minItems?: number;
  maxItems?: number;
  items?: Schema;
  allOf?: Schema[];
  if?: Schema;
  then?: Schema;
  contains?: Schema;
  minContains?: number;
  maxContains?: number;
  default?: unknown;
  description?: string;
  examples?: Record<string, unknown>[];
  "x-rule-id"?: string;
  "x-media-limits"?: MediaLimits;
}

type Values = Record<string, unknown>;

function kind(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return typeof value === "number" ? (Number.isInteger(value) ? "integer" : "number") : typeof value;
}

function ofType(value: unknown, wanted: string | string[]): boolean {
  const is = kind(value);
  return [wanted].flat().some((name) => name === is || (name === "number" && is === "integer"));
}

/** Unicode code points, as the server counts them. */
export function length(text: string): number {
  return [...text].length;
}

/** Whether a value keeps a schema. */
export function holds(schema: Schema, value: unknown): boolean {
  if (schema.type !== undefined && !ofType(value, schema.type)) return false;
  if (schema.const !== undefined && value !== schema.const) return false;
  if (schema.enum && !schema.enum.includes(value)) return false;
  if (schema.not && holds(schema.not, value)) return false;
  if (schema.allOf && !schema.allOf.every((part) => holds(part, value))) return false;
  if (schema.if && schema.then && holds(schema.if, value) && !holds(schema.then, value)) return false;
  if (typeof value === "string") {
    const long = length(value);
    if (long < (schema.minLength ?? 0) || long > (schema.maxLength ?? Infinity)) return false;
  }
  if (typeof value === "number") {
    if (value < (schema.minimum ?? -Infinity) || value > (schema.maximum ?? Infinity)) return false;
  }
  if (Array.isArray(value)) return holdsList(schema, value);
  return kind(value) !== "object" || holdsObject(schema, value as Values);
}

function holdsList(schema: Schema, list: unknown[]): boolean {
  if (list.length < (schema.minItems ?? 0) || list.length > (schema.maxItems ?? Infinity)) return false;
  const { items, contains } = schema;
  if (items && !list.every((item) => holds(items, item))) return false;
  if (!contains) return true;
  const found = list.filter((item) => holds(contains, item)).length;
  return found >= (schema.minContains ?? 1) && found <= (schema.maxContains ?? Infinity);
}

function holdsObject(schema: Schema, object: Values): boolean {
  if (schema.required && !schema.required.every((name) => name in object)) return false;
  return Object.entries(schema.properties ?? {}).every(([name, part]) => !(name in object) || holds(part, object[name]));
}

/** What one field may be, all things considered. */
export interface Field {
  name: string;
  schema: Schema;
  kind: "text" | "flag" | "whole" | "choice" | "media" | "choices";
  options: (string | number)[];
  least: number | undefined;
  most: number | undefined;
  required: boolean;
  /** The rule by which it must not be sent now. */
  closedBy: Schema | null;
  /** The rule by which fewer values than usual are allowed. */
  narrowedBy: Schema | null;
}

/** Every field as it stands beside these values, in the schema's order. */
export function fields(root: Schema, values: Values): Field[] {
  const rules = (root.allOf ?? []).filter((rule) => rule.if && rule.then && holds(rule.if, values));
  return Object.entries(root.properties ?? {}).map(([name, schema]) => field(name, schema, root, rules));
}

function field(name: string, schema: Schema, root: Schema, rules: Schema[]): Field {
  const made: Field = {
    name,
    schema,
    kind: kindOf(schema),
    options: plain(schema.enum ?? schema.items?.enum ?? []),
    least: schema.minimum ?? schema.minLength ?? schema.minItems,
    most: schema.maximum ?? schema.maxLength ?? schema.maxItems,
    required: root.required?.includes(name) ?? false,
    closedBy: schema.type === "null" ? schema : null,
    narrowedBy: null,
  };
  for (const rule of rules) narrow(made, rule);
  return made;
}

function narrow(made: Field, rule: Schema): void {
  if (rule.then?.required?.includes(made.name)) made.required = true;
  const then = rule.then?.properties?.[made.name];
  if (!then) return;
  if (then.type === "null") made.closedBy = rule;
  else if (then.enum) made.options = plain(then.enum);
  made.least = then.minimum ?? made.least;
  made.most = then.maximum ?? then.maxItems ?? made.most;
  if (then.enum || then.maxItems !== undefined) made.narrowedBy = rule;
}

function plain(list: unknown[]): (string | number)[] {
  return list.filter((item) => typeof item === "string" || typeof item === "number");
}

function kindOf(schema: Schema): Field["kind"] {
  const types = [schema.type ?? []].flat();
  if (types.includes("boolean")) return "flag";
  if (types.includes("integer")) return "whole";
  if (types.includes("array")) return schema.items?.enum ? "choices" : "media";
  return schema.enum ? "choice" : "text";
}
