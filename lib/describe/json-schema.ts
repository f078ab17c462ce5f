import type { StandardSchema } from "../contract/standard-schema.ts";
import { SocketIOError } from "../errors.ts";

/** A JSON Schema, of draft 7. */
export type JsonSchema = boolean | { readonly [keyword: string]: unknown };

/** Describes what a schema takes: what travels on the wire. */
export type Converter = (schema: StandardSchema) => Promise<JsonSchema>;

type Convert = (schema: unknown, options: object) => unknown;

const TARGET = "draft-07";

/**
 * Makes a converter.
 *
 * @param load imports a package where the contract's module would find it
 */
export function makeConverter(load: (name: string) => Promise<object>): Converter {
  return async (schema) => {
    const { $schema: _, ...found } = toObject(await convert(schema, load));
    return found;
  };
}

async function convert(
  schema: StandardSchema,
  load: (name: string) => Promise<object>,
): Promise<unknown> {
  const standard: object = schema["~standard"];
  const { vendor } = schema["~standard"];
  if ("jsonSchema" in standard) {
    // Standard JSON Schema, as zod (4.2), arktype (2.1.28) and others have it.
    const { input } = standard.jsonSchema as { input: (options: object) => unknown };
    return input({ target: TARGET, libraryOptions: { unrepresentable: "any" } });
  }
  if (vendor === "zod") {
    const toJSONSchema = functionOf(await load("zod"), "toJSONSchema");
    return toJSONSchema(schema, { io: "input", target: "draft-7", unrepresentable: "any" });
  }
  if (vendor === "valibot") {
    const name = "@valibot/to-json-schema";
    const library = await load(name).catch((cause: unknown) => {
      throw unsupported(`schemas of valibot need ${name}: bun add -d ${name}`, cause);
    });
    const options = { typeMode: "input", errorMode: "ignore", target: TARGET };
    return functionOf(library, "toJsonSchema")(schema, options);
  }
  if ("toJsonSchema" in schema) {
    return (schema as { toJsonSchema: (options: object) => unknown }).toJsonSchema({
      fallback: () => ({}),
    });
  }
  throw unsupported(`nobody knows how to describe the schemas of ${vendor}`);
}

function functionOf(library: object, name: string): Convert {
  const found: unknown = Reflect.get(library, name);
  if (typeof found !== "function") {
    throw unsupported(`the library has no ${name}(): is it too old?`);
  }
  return found as Convert;
}

function unsupported(message: string, cause?: unknown): SocketIOError {
  return new SocketIOError("ERR_UNSUPPORTED", message, cause === undefined ? {} : { cause });
}

function toObject(value: unknown): { readonly [keyword: string]: unknown } {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

/** Changes all references in a schema. */
export function mapReferences(value: unknown, change: (reference: string) => string): unknown {
  if (Array.isArray(value)) {
    return value.map((each) => mapReferences(each, change));
  }
  if (typeof value !== "object" || value === null) {
    return value;
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [
      key,
      key === "$ref" && typeof each === "string" ? change(each) : mapReferences(each, change),
    ]),
  );
}

/** Whether an argument may be left out: whether its schema takes undefined. */
export async function isOptional(schema: StandardSchema): Promise<boolean> {
  try {
    return (await schema["~standard"].validate(undefined)).issues === undefined;
  } catch {
    return false;
  }
}
