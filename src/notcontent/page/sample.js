// A small made-up picture whose code is known, read before any other: if the answer differs, this browser can't make codes that
// would work.

export const SAMPLE_CODE = 'e6eb829dd030aa6d8068d70cba85ec9be3f3ecdbb883dc0ca808f94a9beed224';
export const SAMPLE_QUALITY = 100;

/** JPEG, 64x48 pixels, base64. */
export const SAMPLE_JPEG =
  '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDACEXGR0ZFSEdGx0lIyEoMlM2Mi4uMmZJTTxTeWp/fXdqdHKFlr+ihY21kHJ0puOotcbM1tjWgaDr/OnQ+r/S1s7/' +
  '2wBDASMlJTIsMmI2NmLOiXSJzs7Ozs7Ozs7Ozs7Ozs7Ozs7Ozs7Ozs7Ozs7Ozs7Ozs7Ozs7Ozs7Ozs7Ozs7Ozs7Ozs7/wAARCAAwAEADASIAAhEBAxEB/8QA' +
  'GQABAQEBAQEAAAAAAAAAAAAABAMCAAEF/8QAIRAAAgIBBQEBAQEAAAAAAAAAAAECAxEEEhMxQVEhFDL/xAAYAQADAQEAAAAAAAAAAAAAAAABAgMABP/EACAR' +
  'AAICAwEAAgMAAAAAAAAAAAECABEDEiExBCITMmH/2gAMAwEAAhEDEQA/ADxq4uiilv8Aoq+MJZ2slXBLsVQSey+PJpjtvYS6GScIYH3Ri84YScX4VOy+TnPy' +
  'NjwROnrUsfqGfzRfqPjqy2PQzS3XSxuRIlrswOzVZjeNQMWX7OmZusayEnZu7MHF+RcILN/Jqux+vJbcpdE+ErVXgfZB9pRvsdkk5Qf0w0l2W1Etuf0Lybwj' +
  'IX/WZVo7NN5j8ReicF4EaNQY+jsKadAZW8i71y/5Bz00/rFV2YNyt3BUri5FYsOCc2l6dvj4wlt2c4Z5SpWeskyCpzpjbWjyU1Et2cBkn4Jtg45yyKkh8bBB' +
  'Si5vxkD3k8imy0Y56JuyJfTyUwtna+iXQBVlIQMX/mcF5tRIt8hJXLNZEJII6Z//2Q==';
