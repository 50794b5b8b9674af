// SPDX-License-Identifier: Apache-2.0
import { mainJobTest, onMachine } from './vm';

onMachine({ kernel: '6.12' }, machine => {
  mainJobTest(machine, '6.12');
});
