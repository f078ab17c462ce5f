import type { Log, Scenario } from "../scenario.ts";

const HEADERS = [
  "content-type",
  "cache-control",
  "access-control-allow-origin",
  "access-control-allow-credentials",
  "access-control-allow-methods",
  "access-control-allow-headers",
  "access-control-max-age",
  "vary",
  "set-cookie",
];

/** Writes down status, headers and body of an answer; ids are replaced. */
async function logAnswer(log: Log, url: string, init?: RequestInit): Promise<string> {
  const answer = await fetch(url, init);
  const body = await answer.text();
  const sid = /"sid":"([^"]+)"/.exec(body)?.[1] ?? "";
  const hide = (text: string): string => (sid ? text.replaceAll(sid, "<sid>") : text);
  const headers = HEADERS.flatMap((name) => {
    const value = answer.headers.get(name);
    return value === null ? [] : [`${name}: ${hide(value)}`];
  });
  log(`${init?.method ?? "GET"} answered`, answer.status, headers, hide(body));
  return sid;
}

const handshake = (query: string, init?: RequestInit) => async (url: string, log: Log) => {
  const endpoint = `${url}/socket.io/?${query}`;
  const sid = await logAnswer(log, endpoint, init);
  if (sid !== "") {
    await fetch(`${endpoint}&sid=${sid}`, { method: "POST", body: "1" });
  }
};

const logErrors: Scenario["server"] = (io, log) => {
  io.engine.on("connection_error", ({ code, message, context }: Record<string, unknown>) =>
    log("connection_error", code, message, context),
  );
};

export const engineScenarios: Scenario[] = [
  { name: "a polling handshake is answered", client: handshake("EIO=4&transport=polling") },
  {
    name: "an unknown transport is refused",
    server: logErrors,
    client: handshake("EIO=4&transport=carrier-pigeon"),
  },
  {
    name: "an unknown session is refused",
    server: logErrors,
    client: handshake("EIO=4&transport=polling&sid=nobody"),
  },
  {
    name: "a handshake by POST is refused",
    server: logErrors,
    client: handshake("EIO=4&transport=polling", { method: "POST", body: "x" }),
  },
  {
    name: "a WebSocket handshake without an upgrade is refused",
    server: logErrors,
    client: handshake("EIO=4&transport=websocket"),
  },
  {
    name: "another protocol revision is refused",
    server: logErrors,
    client: handshake("EIO=3&transport=polling"),
  },
  {
    name: "allowRequest refuses with its message",
    options: {
      allowRequest: (_req: unknown, fn: (error: string, ok: boolean) => void) => fn("no", false),
    },
    server: logErrors,
    client: handshake("EIO=4&transport=polling"),
  },
  {
    name: "a preflight is answered as the option cors says",
    options: {
      cors: { origin: ["http://a.example"], credentials: true, methods: ["GET"], maxAge: 60 },
    },
    client: handshake("EIO=4&transport=polling", {
      method: "OPTIONS",
      headers: { Origin: "http://a.example", "Access-Control-Request-Headers": "x-token" },
    }),
  },
  {
    name: "a handshake from another origin gets the headers of the option cors",
    options: { cors: { origin: /\.example$/, credentials: true } },
    client: handshake("EIO=4&transport=polling", { headers: { Origin: "http://b.example" } }),
  },
  {
    name: "the option cookie sets a cookie",
    options: { cookie: { name: "sticky", maxAge: 60, secure: true } },
    client: handshake("EIO=4&transport=polling"),
  },
  {
    name: "a polling session sends, receives and is closed by its client",
    server(io, log) {
      io.on("connection", (socket) => {
        socket.on("hello", (...args: unknown[]) => {
          log("hello", ...args);
          socket.emit("welcome", "é€😀");
        });
        socket.on("disconnect", (reason: string) => log("disconnect", reason));
      });
    },
    async client(url, log) {
      const endpoint = `${url}/socket.io/?EIO=4&transport=polling`;
      const sid = await logAnswer(log, endpoint);
      const post = (body: string) =>
        logAnswer(log, `${endpoint}&sid=${sid}`, { method: "POST", body });
      await post("40");
      await logAnswer(log, `${endpoint}&sid=${sid}`);
      await post('42["hello",1]\u001e42["hello",{"two":[null]}]');
      await logAnswer(log, `${endpoint}&sid=${sid}`);
      await post("1");
      await logAnswer(log, `${endpoint}&sid=${sid}`);
    },
  },
];
