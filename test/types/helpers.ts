// The helpers behind the typed emits make the same of an event map as the reference's.

import type * as Reference from "../../node_modules/socket.io/dist/typed-events.d.ts";
import type * as Own from "../../lib/events.ts";
import { type Equal, expectType } from "./expect.ts";
import type {
  Aliased,
  ClientToServer,
  Loose,
  ServerToClient,
  ServerToServer,
  Symbols,
} from "./programs/maps.ts";

interface Odd {
  rest: (reply: (...answers: string[]) => void) => void;
  optional: (reply: (answer?: string) => void) => void;
  either: (...args: [n: number] | [s: string, reply: (n: number) => void]) => void;
  headRest: (n: number, ...s: string[]) => void;
  never: (value: never) => void;
  unknown: (value: unknown) => void;
  result: (n: number) => string;
  subclass: (reply: (error: TypeError, n: number) => void) => void;
  nullable: (reply: (error: Error | null, n: number) => void) => void;
  undefinedAnswer: (reply: (answer: undefined) => void) => void;
  labelled: (reply: (first: string, second: number, third?: boolean) => void) => void;
  twoFunctions: (a: () => void, b: (n: number) => void) => void;
}

type Tuple = readonly [number, string] | readonly [] | readonly [boolean];

/** Holds where all helpers agree on a map. */
type Agree<Map extends Reference.EventsMap> = [
  Equal<Reference.EventNames<Map>, Own.EventNames<Map>>,
  Equal<Reference.EventNamesWithAck<Map>, Own.EventNamesWithAck<Map>>,
  Equal<Reference.EventNamesWithoutAck<Map>, Own.EventNamesWithoutAck<Map>>,
  Equal<Reference.EventNamesWithError<Map>, Own.EventNamesWithError<Map>>,
  Equal<Reference.RemoveAcknowledgements<Map>, Own.RemoveAcknowledgements<Map>>,
  Equal<Reference.DecorateAcknowledgements<Map>, Own.DecorateAcknowledgements<Map>>,
  Equal<
    Reference.DecorateAcknowledgementsWithMultipleResponses<Map>,
    Own.DecorateAcknowledgementsWithMultipleResponses<Map>
  >,
  Equal<
    Reference.DecorateAcknowledgementsWithTimeoutAndMultipleResponses<Map>,
    Own.DecorateAcknowledgementsWithTimeoutAndMultipleResponses<Map>
  >,
  Equal<
    Reference.ReservedOrUserEventNames<{ own: () => void }, Map>,
    Own.ReservedOrUserEventNames<{ own: () => void }, Map>
  >,
  Equal<
    Reference.ReservedOrUserListener<{ own: () => void }, Map, "own">,
    Own.ReservedOrUserListener<{ own: () => void }, Map, "own">
  >,
];

type All = [true, true, true, true, true, true, true, true, true, true];

export function maps(): void {
  expectType<Equal<Agree<ClientToServer>, All>>();
  expectType<Equal<Agree<ServerToClient>, All>>();
  expectType<Equal<Agree<ServerToServer>, All>>();
  expectType<Equal<Agree<Symbols>, All>>();
  expectType<Equal<Agree<Aliased>, All>>();
  expectType<Equal<Agree<Loose>, All>>();
  expectType<Equal<Agree<Odd>, All>>();
  expectType<Equal<Agree<Own.DefaultEventsMap>, All>>();
  expectType<Equal<Agree<Reference.EventsMap>, All>>();
  expectType<Equal<Reference.DefaultEventsMap, Own.DefaultEventsMap>>();
  expectType<Equal<Reference.EventsMap, Own.EventsMap>>();
}

export function tuples(): void {
  expectType<Equal<Reference.Last<Tuple>, Own.Last<Tuple>>>();
  expectType<Equal<Reference.Last<[]>, Own.Last<[]>>>();
  expectType<Equal<Reference.Last<[number, string?]>, Own.Last<[number, string?]>>>();
  expectType<Equal<Reference.Last<[1, ...string[]]>, Own.Last<[1, ...string[]]>>>();
  expectType<Equal<Reference.Last<string[]>, Own.Last<string[]>>>();
  expectType<Equal<Reference.AllButLast<[]>, Own.AllButLast<[]>>>();
  expectType<Equal<Reference.AllButLast<[1, 2, 3]>, Own.AllButLast<[1, 2, 3]>>>();
  expectType<Equal<Reference.AllButLast<[1, 2?]>, Own.AllButLast<[1, 2?]>>>();
  expectType<Equal<Reference.AllButLast<string[]>, Own.AllButLast<string[]>>>();
  expectType<Equal<Reference.FirstNonErrorTuple<[Error, 1]>, Own.FirstNonErrorTuple<[Error, 1]>>>();
  expectType<Equal<Reference.FirstNonErrorTuple<[1]>, Own.FirstNonErrorTuple<[1]>>>();
  expectType<
    Equal<
      Reference.FirstNonErrorArg<(error: Error, n: number) => void>,
      Own.FirstNonErrorArg<(error: Error, n: number) => void>
    >
  >();
  expectType<Equal<Reference.FirstNonErrorArg<string>, Own.FirstNonErrorArg<string>>>();
  expectType<Equal<Reference.MultiplyArray<[1, "a"]>, Own.MultiplyArray<[1, "a"]>>>();
}
