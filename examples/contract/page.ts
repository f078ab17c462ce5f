import { ContractError, typedClient } from "bun-socket.io/contract";
import { io } from "socket.io-client";
import type { z } from "zod";
import { lists, shopping } from "./contract.ts";

type Item = z.output<typeof shopping.serverToClient.item.input>;

const query = new URLSearchParams(location.search);
const listId = query.get("list") ?? "home";
const name = query.get("name") ?? `guest ${Math.ceil(Math.random() * 99)}`;

const socket = typedClient(io(lists.toName({ listId }), { auth: { name } }), shopping);

function find<Kind extends HTMLElement>(id: string, kind: new () => Kind): Kind {
  const element = document.getElementById(id);
  if (!(element instanceof kind)) throw new Error(`the page has no ${id}`);
  return element;
}

const list = find("items", HTMLUListElement);
const form = find("form", HTMLFormElement);
const text = find("text", HTMLInputElement);
const problem = find("problem", HTMLElement);
find("title", HTMLElement).textContent = listId;

function show({ id, text, by, at, done }: Item): void {
  const row = document.getElementById(id) ?? list.appendChild(document.createElement("li"));
  row.id = id;
  const box = document.createElement("input");
  box.type = "checkbox";
  box.checked = done;
  box.addEventListener("change", () => socket.emit("check", id, box.checked));
  const label = document.createElement("label");
  label.append(box, text);
  const note = document.createElement("small");
  note.textContent = `${by}, ${at.toLocaleTimeString()}`;
  row.classList.toggle("done", done);
  row.replaceChildren(label, note);
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  problem.textContent = "";
  try {
    show(await socket.timeout(5_000).emitWithAck("add", text.value));
    text.value = "";
  } catch (error) {
    const [issue] = error instanceof ContractError ? error.issues : [];
    problem.textContent = issue?.message ?? "the server does not answer";
  }
});

socket.on("connect", async () => {
  const all = await socket.emitWithAck("all");
  list.replaceChildren();
  for (const item of all) show(item);
});
socket.on("item", show);
socket.on("people", (names) => {
  find("people", HTMLElement).textContent = names.join(", ");
});
socket.on("connect_error", ({ message }) => {
  problem.textContent = message;
});
