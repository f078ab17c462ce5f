import {
  ConnectedSocket,
  MessageBody,
  type OnGatewayConnection,
  type OnGatewayDisconnect,
  SubscribeMessage,
  WebSocketGateway,
  WebSocketServer,
  type WsResponse,
} from "@nestjs/websockets";
import { Server, Socket } from "socket.io";
import { type Message, MessagePipe } from "./message.pipe.ts";
import { RoomsService } from "./rooms.service.ts";

@WebSocketGateway()
export class ChatGateway implements OnGatewayConnection, OnGatewayDisconnect {
  @WebSocketServer()
  private readonly server!: Server;

  constructor(private readonly rooms: RoomsService) {}

  handleConnection(socket: Socket): void {
    socket.data.name = String(socket.handshake.auth.name ?? "somebody");
  }

  handleDisconnect(socket: Socket): void {
    this.server.emit("left", socket.data.name);
  }

  /** What a handler returns is the acknowledgement. */
  @SubscribeMessage("join")
  async join(@MessageBody() room: string, @ConnectedSocket() socket: Socket): Promise<string[]> {
    await socket.join(room);
    const sockets = await this.server.in(room).fetchSockets();
    return sockets.map(({ data }) => data.name).sort();
  }

  @SubscribeMessage("say")
  say(@MessageBody(MessagePipe) message: Message, @ConnectedSocket() socket: Socket): number {
    socket.to(message.room).emit("said", { ...message, name: socket.data.name });
    return this.rooms.record(message.room);
  }

  /** With `event` and `data` it is an event instead. */
  @SubscribeMessage("time")
  time(): WsResponse<number> {
    return { event: "time", data: Date.now() };
  }
}
