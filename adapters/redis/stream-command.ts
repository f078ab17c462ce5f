import type { RedisArgument, RedisCommand } from "./port.ts";
import { dataOfEvent } from "./stream-event.ts";
import type { StreamLimit } from "./stream-limit.ts";

/** Where the id is among the arguments of XADD. */
export const ID_PLACE = 5;

/** What is in an entry beside its data, and the command around it, about, in bytes. */
const HEAD_BYTES = 64;

/** What an entry is to say. */
export interface EntryContent {
  readonly uid: string;
  readonly nsp: string;
  readonly type: number;
  /** Its number among those of its sender; undefined if there may be many of that name. */
  readonly seq: number | undefined;
  /** Of an event for everybody, its name and arguments as JSON: then there is no other data. */
  readonly event: string | undefined;
  /** JSON of an object, or base64. */
  readonly data: string | undefined;
}

/** The command that writes a message into a stream. What Redis is given is made when it is sent. */
export class EntryCommand implements RedisCommand {
  readonly key: string;
  readonly content: EntryContent;
  readonly #limit: StreamLimit;
  readonly #madeAt: number;

  constructor(stream: string, limit: StreamLimit, content: EntryContent) {
    this.key = stream;
    this.content = content;
    this.#limit = limit;
    this.#madeAt = limit.onMade();
  }

  /** How much memory it takes, about. */
  get bytes(): number {
    const { event, data } = this.content;
    return (event ?? data ?? "").length + HEAD_BYTES;
  }

  /** JSON of an object, or base64; undefined where there is none. */
  get data(): string | undefined {
    const { event, data, nsp } = this.content;
    return event === undefined ? data : dataOfEvent(event, nsp);
  }

  /** How many entries are to be kept where it is written now. */
  get entriesToKeep(): number {
    return this.#limit.entriesFor(this.#madeAt);
  }

  get args(): readonly RedisArgument[] {
    const { data } = this;
    const { uid, nsp, type, seq } = this.content;
    const args = ["XADD", this.key, "MAXLEN", "~", this.entriesToKeep, "*"];
    args.push("uid", uid, "nsp", nsp, "type", type.toString());
    if (seq !== undefined) {
      args.push("seq", seq.toString());
    }
    if (data !== undefined) {
      args.push("data", data);
    }
    return args;
  }
}

/**
 * The same command for an entry with another id.
 *
 * @param id "*" for one that Redis chooses
 */
export function withEntryId(command: RedisCommand, id: string): RedisCommand {
  return { key: command.key, args: command.args.with(ID_PLACE, id) };
}
