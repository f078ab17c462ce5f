import { Controller, Get, Header } from "@nestjs/common";

const page = await Bun.file(new URL("../index.html", import.meta.url)).text();

@Controller()
export class PageController {
  @Get()
  @Header("Content-Type", "text/html; charset=utf-8")
  show(): string {
    return page;
  }
}
