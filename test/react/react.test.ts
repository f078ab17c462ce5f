// The hooks of bun-socket.io/react, in Chromium with React 19 and 18 in StrictMode, and rendered on a
// server.

import { expect, test } from "bun:test";
import { join } from "node:path";
import { createElement } from "react";
import { renderToString } from "react-dom/server";
import { Server, type Socket } from "bun-socket.io";
import { useEmit, useSocket, useSocketEvent } from "bun-socket.io/react";
import { launchBrowser } from "../support/browser.ts";
import page from "./index.html";

const PAGE_MS = 90_000;

/** The same page with another React: its files by their paths. */
async function bundleWith(names: Readonly<Record<string, string>>): Promise<Map<string, Blob>> {
  const built = await Bun.build({
    entrypoints: [join(import.meta.dir, "index.html")],
    define: { "process.env.NODE_ENV": '"development"' },
    plugins: [
      {
        name: "another React",
        setup(build) {
          for (const [name, other] of Object.entries(names)) {
            build.onResolve({ filter: new RegExp(`^${name}(/|$)`) }, ({ path }) => ({
              path: Bun.resolveSync(path.replace(name, other), import.meta.dir),
            }));
          }
        },
      },
    ],
  });
  const files = new Map(
    built.outputs.map((output) => [output.path.replace(/^\.?\/?/, "/"), output as Blob]),
  );
  for (const [path, file] of files) {
    if (path.endsWith(".html")) files.set("/", file);
  }
  return files;
}

/** A server with the page, or with files, on a port. */
function start(
  files: ReadonlyMap<string, Blob> | null,
  port = 0,
): { io: Server; url: string; port: number; close(): Promise<void> } {
  const io = new Server();
  for (const name of ["/other", "/mixed", "/inline"]) io.of(name);
  io.of("/closed").use((_socket, next) => next(new Error("not you")));
  io.on("connection", (socket) => {
    socket.on("add", (text, reply) => {
      if (text !== "hello") return; // no answer
      socket.emit("note", text, "2026-01-02T03:04:05Z");
      reply(1);
    });
  });
  const server = Bun.serve({
    port,
    hostname: "127.0.0.1",
    development: false,
    ...io.handler({
      fetch({ url }) {
        return new Response(files?.get(new URL(url).pathname), { status: files ? 200 : 404 });
      },
    }),
    ...(files === null ? { routes: { "/": page } } : {}),
  });
  return {
    io,
    url: server.url.origin,
    port: server.port ?? 0,
    async close() {
      await io.close();
      await server.stop(true);
    },
  };
}

test.each(["19", "18"])(
  "the hooks share, follow and close connections, in StrictMode of React %s",
  async (version) => {
    const files =
      version === "19"
        ? null
        : await bundleWith({ "react-dom": "react-dom-18", react: "react-18" });
    let server = start(files);
    const browser = await launchBrowser();
    const errors: string[] = [];
    const warnings: string[] = [];
    let isCut = false; // then the browser tells of requests that failed
    try {
      {
        const view = await browser.newPage();
        view.setDefaultTimeout(20_000);
        view.on("pageerror", ({ message }) => errors.push(message));
        view.on("console", (line) => {
          if (line.type() === "error" && !isCut) errors.push(line.text());
          if (line.type() === "warning" && !isCut) warnings.push(line.text());
        });
        const text = (id: string, expected: string) =>
          view.locator(`#${id}`).getByText(expected).waitFor();
        const click = (name: string) => view.getByRole("button", { name, exact: true }).click();

        await view.goto(server.url);
        await text("react", `React ${version}.`);

        // One connection for all; a namespace that refuses says why.
        for (const id of ["one", "two", "other"]) await text(id, "connected at once");
        await text("closed", "disconnected at once not you");
        expect(server.io.engine.clientsCount).toBe(1);
        expect(server.io.sockets.sockets.size).toBe(1);

        // Two components with different auths are told of; one that makes its auth anew is not.
        await text("inline", "connected");
        await click("Render");
        expect(warnings).toEqual([expect.stringContaining('useSocket("/mixed"): a component')]);
        expect(server.io.of("/mixed").sockets.size).toBe(1);

        // Acknowledgements and events, parsed by the contract; the last listener is called, once.
        await text("adding", "idle");
        await click("More");
        await click("Add");
        await text("adding", "done 1");
        await text("notes", "hello x2 2026");
        expect(await view.locator("#notes li").count()).toBe(1);
        await click("Add too much");
        await text("adding", "pending");
        await text("adding", "failed");

        // A connection that is cut comes back.
        isCut = true;
        const { io } = server;
        const isBack = new Promise((resolve) => io.once("connection", resolve));
        const inline = new Promise<Socket>((resolve) =>
          io.of("/inline").once("connection", resolve),
        );
        for (const session of Object.values(io.engine.clients)) session.close();
        await isBack;
        await text("one", "connected at once");
        expect((await inline).handshake.auth).toEqual({ renders: 2 }); // of the last render

        // Attempts are told while the server is away.
        const { port } = server;
        await server.close();
        await text("one", "reconnecting again");
        server = start(files, port);
        for (const id of ["one", "two", "other"]) await text(id, "connected at once");

        // The last component closes the connection, and the next one opens it.
        await click("Toggle");
        while (server.io.engine.clientsCount > 0) await Bun.sleep(5);
        await click("Toggle");
        await text("two", "connected at once");
        expect(server.io.engine.clientsCount).toBe(1);
        expect(errors).toEqual([]);
      }
    } finally {
      await browser.close();
      await server.close();
    }
  },
  PAGE_MS,
);

function Page() {
  const connection = useSocket("http://127.0.0.1:1/");
  const [, { status }] = useEmit(connection, "add");
  useSocketEvent(connection, "note", () => {});
  return createElement("p", null, connection.status, status, String(connection.socket));
}

test("on a server, the hooks render that it connects, and connect nowhere", () => {
  const errors: unknown[] = [];
  const { error } = console;
  console.error = (...args: unknown[]) => errors.push(args);
  try {
    expect(renderToString(createElement(Page))).toBe("<p>connecting<!-- -->idle<!-- -->null</p>");
  } finally {
    console.error = error;
  }
  expect(errors).toEqual([]);
});
