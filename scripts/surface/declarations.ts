// Reads declarations with the compiler: which members a class has, and which of them are public.

import { existsSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript-5";

export interface DeclaredMember {
  name: string;
  deprecated: boolean;
  /** What the docs of the member name as its default. */
  documentedDefault: string | undefined;
}

/** Tags that say of a public member that it is not for users. */
const PRIVATE_TAGS = new Set(["private", "internal", "package"]);
const NOT_PUBLIC = ts.ModifierFlags.Private | ts.ModifierFlags.Protected;

/** The declarations of a set of files. Paths are from the root of the repository. */
export class Declarations {
  readonly #root: string;
  readonly #program: ts.Program;
  readonly #checker: ts.TypeChecker;

  constructor(root: string, files: readonly string[]) {
    this.#root = root;
    this.#program = ts.createProgram(
      files.map((file) => join(root, file)).filter((path) => existsSync(path)),
      {
        module: ts.ModuleKind.Preserve,
        moduleResolution: ts.ModuleResolutionKind.Bundler,
        target: ts.ScriptTarget.ESNext,
        allowImportingTsExtensions: true,
        noEmit: true,
        strict: true,
        skipLibCheck: true,
        types: [join(root, "node_modules/bun-types")],
      },
    );
    this.#checker = this.#program.getTypeChecker();
  }

  /** What a module exports, types included; empty for a file that is not there. */
  exportsOf(file: string): string[] {
    return this.#exports(file).map((symbol) => symbol.name);
  }

  /** The members of an exported class or interface, inherited ones too, or undefined without it. */
  members(file: string, name: string): ts.Symbol[] | undefined {
    const symbol = this.#exported(file, name);
    return (
      symbol && this.#checker.getPropertiesOfType(this.#checker.getDeclaredTypeOfSymbol(symbol))
    );
  }

  /** The static members of an exported class. */
  statics(file: string, name: string): ts.Symbol[] {
    const symbol = this.#exported(file, name);
    const declaration = symbol?.valueDeclaration;
    if (symbol === undefined || declaration === undefined) return [];
    const type = this.#checker.getTypeOfSymbolAtLocation(symbol, declaration);
    return this.#checker.getPropertiesOfType(type).filter((each) => each.name !== "prototype");
  }

  /** The strings of an exported union of strings. */
  strings(file: string, name: string): string[] {
    const symbol = this.#exported(file, name);
    if (symbol === undefined) return [];
    const type = this.#checker.getDeclaredTypeOfSymbol(symbol);
    const parts = type.isUnion() ? type.types : [type];
    return parts.flatMap((part) => (part.isStringLiteral() ? [part.value] : []));
  }

  /** Whether users may touch a member, by its modifiers and its tags. */
  isPublic(member: ts.Symbol): boolean {
    return (
      this.isReachable(member) &&
      !member.name.startsWith("_") &&
      !member.getJsDocTags(this.#checker).some((tag) => PRIVATE_TAGS.has(tag.name))
    );
  }

  /** Whether the compiler lets users touch a member. */
  isReachable(member: ts.Symbol): boolean {
    const declaration = member.declarations?.[0];
    return (
      !member.name.startsWith("__#") &&
      (declaration === undefined || (ts.getCombinedModifierFlags(declaration) & NOT_PUBLIC) === 0)
    );
  }

  /** Whether a member is declared in a file whose path matches. */
  isDeclaredIn(member: ts.Symbol, path: RegExp): boolean {
    return (member.declarations ?? []).some((each) => path.test(each.getSourceFile().fileName));
  }

  describe(member: ts.Symbol): DeclaredMember {
    const tags = member.getJsDocTags(this.#checker);
    const text = (tag: string) =>
      tags
        .find((each) => each.name === tag)
        ?.text?.map((part) => part.text)
        .join("");
    return {
      name: member.name,
      deprecated: tags.some((tag) => tag.name === "deprecated"),
      documentedDefault: text("default"),
    };
  }

  #exports(file: string): ts.Symbol[] {
    const source = this.#program.getSourceFile(join(this.#root, file));
    const symbol = source && this.#checker.getSymbolAtLocation(source);
    return symbol === undefined ? [] : this.#checker.getExportsOfModule(symbol);
  }

  #exported(file: string, name: string): ts.Symbol | undefined {
    const symbol = this.#exports(file).find((each) => each.name === name);
    if (symbol === undefined) return undefined;
    return symbol.flags & ts.SymbolFlags.Alias ? this.#checker.getAliasedSymbol(symbol) : symbol;
  }
}
