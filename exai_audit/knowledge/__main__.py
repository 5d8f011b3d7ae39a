"""Write the file of merged rows anew, after the TOML files were edited."""

from exai_audit.knowledge.merge import merge

if __name__ == "__main__":
    print(merge())
