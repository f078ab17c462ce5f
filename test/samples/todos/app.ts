// A list to work on together: create, read, update and delete, each with an acknowledgement.
import type { Server as HttpServer } from "node:http";
import { type DefaultEventsMap, Server, type ServerOptions, type Socket } from "socket.io";
import type { ClientEvents, Failure, ServerEvents, Todo } from "./events.ts";

type TodoServer = Server<ClientEvents, ServerEvents, DefaultEventsMap, { changes: number }>;
type TodoSocket = Socket<ClientEvents, ServerEvents, DefaultEventsMap, { changes: number }>;

function problemsOf(todo: Omit<Todo, "id">): Record<string, string> | null {
  const problems: Record<string, string> = {};
  if (typeof todo?.title !== "string" || todo.title === "") problems.title = "is required";
  if (typeof todo?.done !== "boolean") problems.done = "must be true or false";
  return Object.keys(problems).length > 0 ? problems : null;
}

function createHandlers(todos: Map<string, Todo>, nextId: () => string) {
  const notFound: Failure = { error: "not found" };

  return (socket: TodoSocket) => {
    socket.data.changes = 0;

    socket.on("todo:list", (callback) => callback({ data: [...todos.values()] }));
    socket.on("todo:create", (payload, callback) => {
      if (typeof callback !== "function") return;
      const details = problemsOf(payload);
      if (details) return callback({ error: "invalid payload", details });
      const todo: Todo = { title: payload.title, done: payload.done, id: nextId() };
      todos.set(todo.id, todo);
      socket.data.changes += 1;
      callback({ data: todo.id });
      socket.broadcast.emit("todo:created", todo);
    });
    socket.on("todo:read", (id, callback) => {
      const todo = todos.get(id);
      callback(todo ? { data: todo } : notFound);
    });
    socket.on("todo:update", (todo, callback) => {
      const details = problemsOf(todo);
      if (details) return callback({ error: "invalid payload", details });
      if (!todos.has(todo.id)) return callback(notFound);
      todos.set(todo.id, todo);
      socket.data.changes += 1;
      callback();
      socket.broadcast.emit("todo:updated", todo);
    });
    socket.on("todo:delete", (id, callback) => {
      if (!todos.delete(id)) return callback(notFound);
      socket.data.changes += 1;
      callback();
      socket.broadcast.emit("todo:deleted", id);
    });
  };
}

export function createApplication(
  httpServer: HttpServer,
  options: Partial<ServerOptions> = {},
): TodoServer {
  const io: TodoServer = new Server(httpServer, options);
  let last = 0;
  io.on(
    "connection",
    createHandlers(new Map(), () => `todo-${++last}`),
  );
  return io;
}
