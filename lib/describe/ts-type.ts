import type { JsonSchema } from "./json-schema.ts";

type Keywords = Exclude<JsonSchema, boolean>;

const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;

/** Writes what a JSON Schema describes as a type of TypeScript. */
export class TypeWriter {
  readonly #reference: (reference: string) => string;

  /** @param reference the name of the type that a reference means */
  constructor(reference: (reference: string) => string) {
    this.#reference = reference;
  }

  /** The type, in one line or several. */
  write(schema: unknown, indent = ""): string {
    if (schema === false) {
      return "never";
    }
    if (!isObject(schema)) {
      return "unknown";
    }
    const parts = [
      ...this.#literals(schema),
      ...this.#combined(schema, indent),
      ...this.#byType(schema, indent),
    ];
    return parts.length === 0 ? "unknown" : intersection(parts);
  }

  #literals(schema: Keywords): string[] {
    if (typeof schema.$ref === "string") {
      return [this.#reference(schema.$ref)];
    }
    if ("const" in schema) {
      return [JSON.stringify(schema.const)];
    }
    if (Array.isArray(schema.enum)) {
      return [union(schema.enum.map((value) => JSON.stringify(value)))];
    }
    return [];
  }

  #combined(schema: Keywords, indent: string): string[] {
    const write = (each: unknown): string => this.write(each, indent);
    const parts: string[] = [];
    for (const keyword of ["anyOf", "oneOf"]) {
      const choices = schema[keyword];
      if (Array.isArray(choices)) {
        parts.push(union(choices.map(write)));
      }
    }
    if (Array.isArray(schema.allOf)) {
      parts.push(...schema.allOf.map(write));
    }
    return parts;
  }

  #byType(schema: Keywords, indent: string): string[] {
    if ("const" in schema || "enum" in schema || "$ref" in schema) {
      return []; // said already, and better
    }
    const types = Array.isArray(schema.type) ? schema.type : [schema.type];
    const written = types.flatMap((type) => this.#one(type, schema, indent));
    return written.length === 0 ? [] : [union(written)];
  }

  #one(type: unknown, schema: Keywords, indent: string): string[] {
    switch (type) {
      case "string":
        return [schema.format === "binary" ? "ArrayBuffer | Uint8Array" : "string"];
      case "number":
      case "integer":
        return ["number"];
      case "boolean":
        return ["boolean"];
      case "null":
        return ["null"];
      case "array":
        return [this.#list(schema, indent)];
      case "object":
        return [this.#object(schema, indent)];
      default:
        return [];
    }
  }

  #list(schema: Keywords, indent: string): string {
    const items = Array.isArray(schema.items) ? schema.items : schema.prefixItems;
    if (!Array.isArray(items)) {
      return `${inBrackets(this.write(schema.items, indent))}[]`;
    }
    const min = typeof schema.minItems === "number" ? schema.minItems : 0;
    const written = items.map((item, index) =>
      index < min ? this.write(item, indent) : `${inBrackets(this.write(item, indent))}?`,
    );
    const rest = Array.isArray(schema.items) ? schema.additionalItems : schema.items;
    const isOpen = rest !== false && rest !== undefined && schema.maxItems !== items.length;
    return `[${[...written, ...(isOpen ? [`...${inBrackets(this.write(rest, indent))}[]`] : [])].join(", ")}]`;
  }

  #object(schema: Keywords, indent: string): string {
    const inner = `${indent}  `;
    const properties = isObject(schema.properties) ? Object.entries(schema.properties) : [];
    const required: unknown[] = Array.isArray(schema.required) ? schema.required : [];
    const lines = properties.map(([name, property]) => {
      const mark = required.includes(name) ? "" : "?";
      const type = this.write(property, inner);
      return `${comment(property, inner)}${inner}${propertyName(name)}${mark}: ${type};\n`;
    });
    const { additionalProperties } = schema;
    if (isObject(additionalProperties)) {
      // Beside named properties, they would have to agree with those.
      const type = lines.length === 0 ? this.write(additionalProperties, inner) : "unknown";
      lines.push(`${inner}[key: string]: ${type};\n`);
    } else if (lines.length === 0) {
      return additionalProperties === false
        ? "{ [key: string]: never }"
        : "{ [key: string]: unknown }";
    }
    return `{\n${lines.join("")}${indent}}`;
  }
}

/** A name as it stands in an interface. */
export function propertyName(name: string): string {
  return IDENTIFIER.test(name) ? name : JSON.stringify(name);
}

/** What a schema says it is for, as a comment on a line of its own. */
export function comment(of: unknown, indent: string): string {
  const text = isObject(of) && typeof of.description === "string" ? of.description : "";
  const line = text.replaceAll(/\s+/g, " ").replaceAll("*/", "*\\/").trim();
  return line === "" ? "" : `${indent}/** ${line} */\n`;
}

function isObject(value: unknown): value is Keywords {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function union(types: readonly string[]): string {
  return types.includes("unknown") ? "unknown" : [...new Set(types)].join(" | ") || "never";
}

function intersection(types: readonly string[]): string {
  const [only] = types;
  return types.length === 1 && only !== undefined ? only : types.map(inBrackets).join(" & ");
}

function inBrackets(type: string): string {
  return /[|&]/.test(type) && !/^[{[]/.test(type) ? `(${type})` : type;
}
