// SPDX-License-Identifier: Apache-2.0
/** Begins each line of the test report among all that an extension host prints. */
export const reportMark = '[sockmap tests] ';
