import { expect, test } from "vitest";

import type { Schemas } from "../api/client";
import { fromMidjourney, toMidjourney } from "./midjourney";

const token = (midjourney: object) => ({ midjourney }) as unknown as Schemas["TokenView"];

test("what the site decides is null, and null is what the site decides", () => {
  expect(fromMidjourney(token({ remix: false, queue_code_22: null }))).toEqual({
    remix: false,
    queue_code: "site",
  });
  expect(toMidjourney({ queue_code: "site" }, token({ queue_code_22: true }))).toEqual({
    midjourney: { remix: false, queue_code_22: null },
  });
});

test("one of the two keeps the other", () => {
  const before = token({ remix: true, queue_code_22: false });
  expect(toMidjourney({ name: "a", queue_code: "22" }, before)).toEqual({
    name: "a",
    midjourney: { remix: true, queue_code_22: true },
  });
  expect(toMidjourney({ remix: false }, before)).toEqual({
    midjourney: { remix: false, queue_code_22: false },
  });
});

test("nothing said is nothing sent", () => {
  expect(toMidjourney({ name: "a" }, undefined)).toEqual({ name: "a" });
});
