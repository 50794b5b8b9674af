// SPDX-License-Identifier: Apache-2.0
import type { FrameLocator, Page } from 'playwright-core';

/** The page of the webview on screen, which lies in a frame in a frame of the workbench. */
export function shownWebview(page: Page): FrameLocator {
  // The view in the panel area keeps its page while it is hidden.
  return page.frameLocator('iframe.webview.ready >> visible=true').frameLocator('#active-frame');
}
