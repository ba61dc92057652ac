"""DuckDB in processes of its own: some tables end it.

Run as a program, it answers the queries on standard input, one a line, with a line of pickled rows or error each.
"""
import base64
import json
import pickle
import subprocess
import sys


def duck_answers(queries):
    """The rows of each query, or the error; where DuckDB ends, another process goes on after that query."""
    answers = []
    while len(answers) < len(queries):
        rest = queries[len(answers):]
        done = subprocess.run([sys.executable, __file__], input="".join(json.dumps(query) + "\n" for query in rest), capture_output=True, text=True)
        lines = done.stdout.splitlines()
        answers += [pickle.loads(base64.b64decode(line)) for line in lines]
        if len(lines) < len(rest):
            last = [line for line in done.stderr.splitlines() if line.strip()]
            answers.append(RuntimeError(f"DuckDB ends by {done.returncode}: {last[-1] if last else ''}"))
    return answers


def main():
    from support import duck

    connection = duck()
    for line in sys.stdin:
        try:
            result = connection.execute(json.loads(line)).fetchall()
        except Exception as error:
            if "INTERNAL" in str(error) or "FATAL" in str(error):
                # The database is of no use after that.
                sys.stderr.write(str(error).splitlines()[0])
                sys.exit(3)
            result = RuntimeError(f"{type(error).__name__}: {str(error).splitlines()[0]}")
        print(base64.b64encode(pickle.dumps(result)).decode(), flush=True)


if __name__ == "__main__":
    main()
