import { writeFiles } from './written-files.ts';

writeFiles('.');
