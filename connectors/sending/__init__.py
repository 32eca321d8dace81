"""Files of records on their way to the public topics: read (`files`), judged as intake would (`judging`), published
(`publishing`). What `lianfang send` and `lianfang check` share; nothing of it runs in a worker.
"""
