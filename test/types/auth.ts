// What tokenAuth() knows of the user is in the types of socket.data.

import { type DefaultEventsMap, type Namespace, Server } from "bun-socket.io";
import { type AuthEvents, type TokenAuth, tokenAuth } from "bun-socket.io/auth";
import { type Equal, expectType } from "./expect.ts";

interface User {
  name: string;
  exp: number;
}
interface ToServer {
  hello: (n: number) => void;
}
interface ToClient extends AuthEvents {
  welcome: (name: string) => void;
}

const auth = tokenAuth({
  from: ["auth", "header", { cookie: "session" }, ({ query }) => query.t],
  async verify(token, { headers, previous }): Promise<User | null> {
    expectType<Equal<typeof headers.origin, string | undefined>>();
    return token === "good" ? { name: previous?.name ?? "Ada", exp: 1 } : null;
  },
  expiresAt: (user) => user.exp * 1000,
});
expectType<Equal<typeof auth, TokenAuth<User>>>();

const io = new Server<ToServer, ToClient, DefaultEventsMap, { user: User }>({
  allowRequest: auth.allowRequest,
});
io.use(auth);
io.of("/chat").use(auth);
io.of(/^\/room-/).use(auth);
io.on("connection", (socket) => socket.emit("welcome", socket.data.user.name));

const plain = new Server();
plain.use(auth);
const guarded = auth.guard(plain);
guarded.on("connection", ({ data }) => expectType<Equal<typeof data, { user: User }>>());
expectType<
  Equal<
    typeof guarded,
    Namespace<DefaultEventsMap, DefaultEventsMap, DefaultEventsMap, { user: User }>
  >
>();

const other = new Server<ToServer, ToClient, DefaultEventsMap, { seen: boolean }>();
auth.guard(other.of("/chat")).on("connection", (socket) => {
  socket.emit("welcome", socket.data.user.name);
  socket.data.seen = true;
  // @ts-expect-error: a name is no number
  socket.data.user.name = 1;
});
const wrong = new Server<ToServer, ToClient, DefaultEventsMap, { user: number }>();
// @ts-expect-error: its users are others
wrong.use(auth);

// @ts-expect-error: no such source
tokenAuth({ from: ["body"], verify: () => null });
// @ts-expect-error: it is needed
tokenAuth({ from: ["auth"] });
