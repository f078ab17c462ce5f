import { Module } from "@nestjs/common";
import { AdminGateway } from "./admin.gateway.ts";
import { ChatGateway } from "./chat.gateway.ts";
import { PageController } from "./page.controller.ts";
import { RoomsController } from "./rooms.controller.ts";
import { RoomsService } from "./rooms.service.ts";

@Module({
  controllers: [PageController, RoomsController],
  providers: [ChatGateway, AdminGateway, RoomsService],
})
export class AppModule {}
