// Addresses of the console and the page of each; every page is loaded when it is first opened.
import { createBrowserRouter } from "react-router";

import { PAGES } from "./pages";
import { guarded } from "./session/guarded";
import { Broken } from "./shell/broken";
import { Shell } from "./shell/shell";

export function makeRouter() {
  return createBrowserRouter([
    {
      element: <Shell />,
      errorElement: <Broken />,
      hydrateFallbackElement: <></>,
      children: PAGES.map((page) => ({
        path: page.path,
        lazy: async () => ({ Component: guarded(page.audience, (await page.load()).default) }),
      })),
    },
  ]);
}
