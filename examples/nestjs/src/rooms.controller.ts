import { Controller, Get } from "@nestjs/common";
import { RoomsService } from "./rooms.service.ts";

@Controller("rooms")
export class RoomsController {
  constructor(private readonly rooms: RoomsService) {}

  @Get()
  counts(): Record<string, number> {
    return this.rooms.counts();
  }
}
