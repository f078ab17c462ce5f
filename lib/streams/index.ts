export { type PipeOptions, pipe } from "./pipe.ts";
export { type ReceiveOptions, receive } from "./receive.ts";
export type { StreamAck, StreamPart, StreamSocket } from "./types.ts";
