// The uniai client's Midjourney, unmodified: a picture, one of its four, and the list of both.

import { readFileSync } from "node:fs";
import uniai from "uniai"; // CommonJS: its default export is a field

const { default: UniAI, ImagineModelProvider } = uniai;
const ai = new UniAI({
  MidJourney: { proxy: process.env.BASE_URL, token: process.env.KEY },
});
const MJ = ImagineModelProvider.MidJourney;

const done = async (id) => {
  for (;;) {
    const [task] = await ai.task(MJ, id);
    if (task.fail) throw new Error(task.fail);
    if (task.progress === 100) return task;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
};

const size = (file) => {
  const png = readFileSync(file);
  return [png.readUInt32BE(16), png.readUInt32BE(20)];
};

const asked = { provider: MJ, negativePrompt: "dog", width: 1200, height: 600 };
const { taskId } = await ai.imagine("cat", asked);
const grid = await done(taskId);
const single = await done((await ai.change(MJ, taskId, "UPSCALE", 2)).taskId);
const listed = await ai.task(MJ);

console.log(
  JSON.stringify({
    grid: [grid.type, ...size(grid.imgs[0])],
    single: [single.type, ...size(single.imgs[0])],
    listed: listed.map((task) => [task.id === taskId, task.type, task.progress]),
  }),
);
