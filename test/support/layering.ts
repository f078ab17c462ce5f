// Finds imports that the layers do not allow. `import type` counts.

import { posix } from "node:path";
import { type Import, scanImports, tokenize } from "../../scripts/imports.ts";
import { type Layer, LAYERS, RESERVED } from "./layers.ts";

/** Where files are put into layers. */
export const HERE = "test/support/layers.ts";

/** The sources of a tree, by their path from the root. */
type Tree = ReadonlyMap<string, string>;

interface Edge extends Import {
  /** The path of the imported file; undefined for a package. */
  target: string | undefined;
}

function matches(path: string, pattern: string): boolean {
  const source = pattern.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll("*", "[^/]*");
  return new RegExp(`^${source}$`).test(path);
}

/** The layers that list a file: those with its exact path, or else those with a pattern for it. */
export function layersOf(path: string): Layer[] {
  const exact = LAYERS.filter((layer) => layer.files.includes(path));
  if (exact.length > 0) return exact;
  return LAYERS.filter((layer) => layer.files.some((pattern) => matches(path, pattern)));
}

/** The file that a specifier means: of the tree, or of the disk when it is none of the tree. */
function resolve(tree: Tree, exports: ReadonlyMap<string, string>, from: string, to: string) {
  const own = exports.get(to);
  if (own !== undefined) return own;
  if (!to.startsWith(".")) return undefined;
  const path = posix.join(posix.dirname(from), to);
  const candidates = [path, `${path}.ts`, path.replace(/\.js$/, ".ts"), `${path}/index.ts`];
  return candidates.find((candidate) => tree.has(candidate)) ?? path;
}

function edgesOf(tree: Tree, exports: ReadonlyMap<string, string>): Map<string, Edge[]> {
  const edges = new Map<string, Edge[]>();
  for (const [path, source] of tree) {
    const found = scanImports(source).map((entry) => ({
      ...entry,
      target: resolve(tree, exports, path, entry.specifier),
    }));
    edges.set(path, found);
  }
  return edges;
}

export function findUnlisted(tree: Tree): string[] {
  const problems: string[] = [];
  for (const path of tree.keys()) {
    const layers = layersOf(path);
    if (layers.length === 0) {
      problems.push(`${path} belongs to no layer: add it to LAYERS in ${HERE}`);
    } else if (layers.length > 1) {
      const names = layers.map((layer) => `"${layer.name}"`).join(" and ");
      problems.push(`${path} belongs to the layers ${names}: leave it in one of LAYERS in ${HERE}`);
    }
  }
  return problems;
}

/** Why `layer` may not import `target`, which is of the layer `other`; undefined when it may. */
function objection(layer: Layer, other: Layer): string | undefined {
  if (other === layer) {
    return layer.apart ? `the files of "${layer.name}" do not import each other` : undefined;
  }
  if (LAYERS.indexOf(other) > LAYERS.indexOf(layer)) {
    return `which is above it: "${other.name}" is higher than "${layer.name}"`;
  }
  if (layer.mayImportOnly && !layer.mayImportOnly.includes(other.name)) {
    const allowed = [layer.name, ...layer.mayImportOnly].map((name) => `"${name}"`).join(", ");
    return `which is of "${other.name}": "${layer.name}" may import only from ${allowed}`;
  }
  return undefined;
}

export function findForbidden(
  tree: Tree,
  exports: ReadonlyMap<string, string> = new Map(),
): string[] {
  const problems: string[] = [];
  for (const [path, edges] of edgesOf(tree, exports)) {
    const layer = layersOf(path)[0];
    if (layer === undefined) continue;
    for (const { specifier, target, typeOnly, line } of edges) {
      const place = `${path}:${line}`;
      if (target === undefined) {
        if (layer.packagesAsTypesOnly && !typeOnly) {
          problems.push(
            `${place} imports the package "${specifier}": "${layer.name}" may import types only`,
          );
        }
        continue;
      }
      if (target === "package.json") continue;
      const other = layersOf(target)[0];
      if (!tree.has(target)) {
        problems.push(`${place} imports ${target}, which is no file of lib/ or adapters/`);
      } else if (other !== undefined) {
        const why = objection(layer, other);
        const how = typeOnly ? "imports a type of" : "imports";
        if (why !== undefined) problems.push(`${place} ${how} ${target}, ${why}`);
      }
    }
  }
  return problems;
}

/** The shortest way from a file back to itself, as the files on it. */
function circleThrough(start: string, edges: ReadonlyMap<string, Edge[]>): string[] | undefined {
  const cameFrom = new Map<string, string>();
  const queue = [start];
  for (const path of queue) {
    for (const { target } of edges.get(path) ?? []) {
      if (target === start) {
        const circle = [path];
        for (let step = path; step !== start; ) {
          step = cameFrom.get(step) ?? start;
          circle.unshift(step);
        }
        return circle;
      }
      if (target === undefined || cameFrom.has(target)) continue;
      cameFrom.set(target, path);
      queue.push(target);
    }
  }
  return undefined;
}

export function findCircles(
  tree: Tree,
  exports: ReadonlyMap<string, string> = new Map(),
): string[] {
  const edges = edgesOf(tree, exports);
  const reported = new Set<string>();
  const problems: string[] = [];
  for (const path of tree.keys()) {
    if (reported.has(path)) continue;
    const circle = circleThrough(path, edges);
    if (circle === undefined) continue;
    for (const member of circle) reported.add(member);
    problems.push(`import circle: ${[...circle, path].join(" -> ")}`);
  }
  return problems;
}

export function findReserved(tree: Tree): string[] {
  const problems: string[] = [];
  for (const [path, source] of tree) {
    const rules = RESERVED.filter((rule) => !rule.only.some((pattern) => matches(path, pattern)));
    const imports = scanImports(source);
    const tokens = tokenize(source);
    for (const rule of rules) {
      const where = `${rule.what} belongs to ${rule.only.join(", ")} alone`;
      for (const { specifier, typeOnly, line } of imports) {
        const reserved = rule.packages.some(
          (name) => specifier === name || specifier.startsWith(`${name}/`),
        );
        if (reserved && (rule.typesToo || !typeOnly)) {
          problems.push(`${path}:${line} imports "${specifier}": ${where}`);
        }
      }
      for (const [index, token] of tokens.entries()) {
        if (token.kind !== "word") continue;
        const dot = tokens[index - 1]?.text;
        const member = dot === "." || dot === "?.";
        const name = member ? `${tokens[index - 2]?.text}.${token.text}` : token.text;
        if (rule.words.includes(name) || rule.words.includes(token.text)) {
          problems.push(`${path}:${token.line} mentions ${name}: ${where}`);
        }
      }
    }
  }
  return problems;
}

export async function readTree(root: string): Promise<Tree> {
  const paths = await Array.fromAsync(new Bun.Glob("{lib,adapters}/**/*.ts").scan({ cwd: root }));
  const sources = await Promise.all(
    paths.sort().map(async (path) => {
      const source = await Bun.file(`${root}/${path}`).text();
      return [path.replaceAll("\\", "/"), source] as const;
    }),
  );
  return new Map(sources);
}

/** A target of `exports`: a path, or targets by condition. */
type ExportsTarget = string | { [condition: string]: ExportsTarget };

/** The sources that a target of `exports` means. */
function sourcesOf(target: ExportsTarget): string[] {
  if (typeof target !== "string") return Object.values(target).flatMap(sourcesOf);
  return /\.d\.[cm]?ts$/.test(target) ? [] : [target];
}

/** What the package calls its own files: "bun-socket.io/engine" is lib/engine/index.ts. */
export async function readExports(root: string): Promise<Map<string, string>> {
  const manifest: { name: string; exports: Record<string, ExportsTarget> } = await Bun.file(
    `${root}/package.json`,
  ).json();
  return new Map(
    Object.entries(manifest.exports).flatMap(([name, target]) =>
      sourcesOf(target)
        .filter((path) => !path.endsWith(".cjs") && !path.startsWith("./dist/"))
        .map((path) => [posix.join(manifest.name, name).replace(/\/$/, ""), posix.normalize(path)]),
    ),
  );
}

export function treeOf(sources: Record<string, string>): Tree {
  return new Map(Object.entries(sources));
}
