import { Injectable, type PipeTransform } from "@nestjs/common";
import { WsException } from "@nestjs/websockets";

export class Message {
  constructor(
    readonly room: string,
    readonly text: string,
  ) {}
}

/** Checks what a client sent. What it throws reaches that client as the event `exception`. */
@Injectable()
export class MessagePipe implements PipeTransform<unknown, Message> {
  transform(value: unknown): Message {
    const { room, text } = (value ?? {}) as Partial<Message>;
    if (typeof room !== "string" || typeof text !== "string" || text.trim() === "") {
      throw new WsException("a message has a room and a text");
    }
    return new Message(room, text.trim());
  }
}
