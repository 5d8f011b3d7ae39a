"""Real bugs as small inputs: how many does this tool catch, and how many do others?"""
